#include "redis/scan.h"

#include <algorithm>
#include <utility>

#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

std::string_view command_of(ScanTarget::Kind kind) {
  switch (kind) {
    case ScanTarget::Kind::keys:
      return "SCAN";
    case ScanTarget::Kind::set:
      return "SSCAN";
    case ScanTarget::Kind::sorted_set:
      return "ZSCAN";
    case ScanTarget::Kind::hash:
      break;
  }
  return "HSCAN";
}

bool has_pairs(ScanTarget::Kind kind) {
  return kind == ScanTarget::Kind::sorted_set || kind == ScanTarget::Kind::hash;
}

}  // namespace

Batch scan_page(const ScanTarget& target, std::string_view cursor) {
  Batch batch;
  batch.add(command_of(target.kind));
  if (target.kind != ScanTarget::Kind::keys) batch.more(target.key);
  batch.more(cursor);
  if (!target.match.empty()) batch.more("MATCH", target.match);
  batch.more("COUNT", target.count);
  if (!target.type.empty()) batch.more("TYPE", target.type);
  return batch;
}

ScanPage read_scan_page(ScanTarget::Kind kind, Reply reply) {
  if (reply.elements.size() != 2 || !reply.elements[1].is_array()) {
    throw DecodeError("Redis answered a scan in an unknown form");
  }
  ScanPage page{.cursor = std::move(reply.elements[0].text)};
  if (!is_cursor(page.cursor)) throw DecodeError("Redis answered a scan without a cursor");
  std::vector<Reply>& found = reply.elements[1].elements;
  if (has_pairs(kind) && found.size() % 2 != 0) {
    throw DecodeError("Redis answered a scan of pairs with half of one");
  }
  page.elements.reserve(found.size());
  for (Reply& each : found) {
    if (!each.is_text()) throw DecodeError("Redis answered a scan with what is no text");
    page.elements.push_back(std::move(each.text));
  }
  return page;
}

bool is_cursor(std::string_view text) {
  constexpr std::size_t kCursorDigits = 20;  // of 64 bits
  return !text.empty() && text.size() <= kCursorDigits &&
         std::all_of(text.begin(), text.end(),
                     [](char each) { return each >= '0' && each <= '9'; });
}

std::string pattern_of_prefix(std::string_view prefix) {
  std::string pattern;
  for (const char each : prefix) {
    if (std::string_view("*?[\\").find(each) != std::string_view::npos) pattern += '\\';
    pattern += each;
  }
  return pattern + '*';
}

}  // namespace rqpp::redis
