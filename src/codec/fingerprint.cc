#include "codec/fingerprint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "codec/repr.h"
#include "codec/sha256.h"

namespace rqpp::codec {

std::string fingerprint(const Call& call) {
  std::vector<std::string> parts;
  for (const Value& value : call.args) append_repr(parts.emplace_back(), value);
  const auto named = static_cast<std::ptrdiff_t>(parts.size());
  for (const auto& [name, value] : call.kwargs) {
    append_repr(parts.emplace_back(name + "="), value);
  }
  std::sort(parts.begin() + named, parts.end());
  return sha256_hex(fmt::format("{}({})", call.function, fmt::join(parts, ", ")));
}

}  // namespace rqpp::codec
