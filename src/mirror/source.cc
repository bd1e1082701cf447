#include "mirror/source.h"

#include <fmt/format.h>

#include <algorithm>

namespace rqpp::mirror {
namespace {

using Kind = redis::ScanTarget::Kind;

// What happens to keys of this kind; with what happens to all: g(eneric), e(x)pired, e(victed).
std::string_view needed_events(Kind kind) {
  switch (kind) {
    case Kind::set:
      return "gxes";
    case Kind::sorted_set:
      return "gxez";
    case Kind::hash:
      return "gxeh";
    case Kind::keys:
      break;
  }
  return "gxe$lshzt";
}

}  // namespace

redis::ScanTarget Source::target() const {
  if (is_prefix()) return {.kind = kind, .match = redis::pattern_of_prefix(name)};
  return {.kind = kind, .key = name};
}

std::size_t Source::stride() const {
  return kind == Kind::sorted_set || kind == Kind::hash ? 2 : 1;
}

std::string Source::notifications(int db) const {
  return fmt::format("__keyspace@{}__:{}", db, is_prefix() ? redis::pattern_of_prefix(name) : name);
}

bool Source::is_told_by(std::string_view flags) const {
  const auto has = [flags](char each) { return flags.find(each) != std::string_view::npos; };
  const std::string_view needed = needed_events(kind);
  return has('K') && (has('A') || std::all_of(needed.begin(), needed.end(), has));
}

std::string to_text(const Source& source) {
  switch (source.kind) {
    case Kind::set:
      return fmt::format("the set '{}'", source.name);
    case Kind::sorted_set:
      return fmt::format("the sorted set '{}'", source.name);
    case Kind::hash:
      return fmt::format("the hash '{}'", source.name);
    case Kind::keys:
      break;
  }
  return fmt::format("the keys that begin with '{}'", source.name);
}

}  // namespace rqpp::mirror
