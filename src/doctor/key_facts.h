#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rqpp::doctor {

/// Sampled keys that are alike: names of one pattern, and one type.
struct KeyGroup {
  std::string pattern{};  ///< `session:*`
  std::string type{};     ///< `string`, `list`, `set`, `zset`, `hash`, `stream`; others as told.
  std::int64_t keys = 0;
  std::int64_t without_expiry = 0;
  std::int64_t length = 0;   ///< Of all: elements, of strings bytes.
  std::int64_t longest = 0;  ///< Of one.

  bool operator==(const KeyGroup&) const = default;
};

/// One of the largest keys that were found.
struct BigKey {
  std::string name{};
  std::string type{};
  std::int64_t length = 0;              ///< Elements, of a string bytes.
  std::optional<std::int64_t> bytes{};  ///< From MEMORY USAGE, which estimates.
  bool expires = false;
  std::int64_t growth = 0;  ///< Of a list or a stream, while the load was measured.

  bool operator==(const BigKey&) const = default;
};

/// What a bounded SCAN saw of the keys of one database.
struct KeySample {
  std::int64_t looked_at = 0;
  std::int64_t in_database = 0;
  bool complete = false;           ///< It has seen all of them.
  std::vector<KeyGroup> groups{};  ///< The most frequent first.
  std::vector<BigKey> biggest{};   ///< The longest first.

  bool operator==(const KeySample&) const = default;
};

}  // namespace rqpp::doctor
