#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "redis/batch.h"
#include "redis/reply.h"

// SCAN, SSCAN, ZSCAN and HSCAN: one command reads one page.
namespace rqpp::redis {

/// What is read page by page.
struct ScanTarget {
  enum class Kind : std::uint8_t { keys, set, sorted_set, hash };

  Kind kind = Kind::keys;
  std::string key{};         ///< Of the set, sorted set or hash.
  std::string match{};       ///< A pattern; empty: everything.
  std::string type{};        ///< Of keys only; empty: all types.
  std::int64_t count = 100;  ///< How many elements Redis looks at, about; 1 or more.
};

/// Where each scan begins, and what the last page of each answers.
inline constexpr std::string_view kFirstCursor = "0";

/// One page. Cost: 1 command, which looks at about `count` elements.
Batch scan_page(const ScanTarget& target, std::string_view cursor);

struct ScanPage {
  std::string cursor{};  ///< Of the next page; `kFirstCursor`: there is none.
  /// Keys or members; of a sorted set each with its score behind it, of a hash with its value.
  std::vector<std::string> elements{};

  bool last() const { return cursor == kFirstCursor; }
};
/// Throws DecodeError for what no Redis answers.
ScanPage read_scan_page(ScanTarget::Kind kind, Reply reply);

/// A number as Redis gives for a cursor.
bool is_cursor(std::string_view text);

/// The pattern that fits what begins with `prefix`, whatever it holds.
std::string pattern_of_prefix(std::string_view prefix);

}  // namespace rqpp::redis
