#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "doctor/facts.h"
#include "doctor/probe.h"

namespace rqpp::doctor {

/// One key that was looked at.
struct ScannedKey {
  std::string name{};
  std::string type{};
  std::int64_t length = 0;  ///< Elements, of a string bytes.
  bool expires = false;

  bool operator==(const ScannedKey&) const = default;
};

struct ScannedKeys {
  std::vector<ScannedKey> keys{};
  bool complete = false;  ///< The whole database.
};

/// Longer names are not asked about: each question would carry them again.
inline constexpr std::size_t kLongestKey = 1'024;

/// Looks at `most` keys of the database, or at those that `budget` suffices for, in pages of some
/// 100 with pauses between them as long as the page took. Three commands per key and one per page.
ScannedKeys scan_keys(Probe& probe, std::int64_t most, std::chrono::milliseconds budget);

/// Types, lengths and expiry of keys that are known by name; those that are gone are left out.
std::vector<ScannedKey> look_at_keys(Probe& probe, const std::vector<std::string>& names);

/// As groups by pattern and type, and the longest of them. `in_database` is how many there are.
KeySample sum_up(const ScannedKeys& scanned, std::int64_t in_database);

/// Adds keys that were looked at for another reason to the biggest ones.
void add_biggest(const std::vector<ScannedKey>& keys, KeySample& sample);

/// Asks for the lengths of the lists and streams among the biggest ones again, and notes what they
/// grew by.
void measure_growth(Probe& probe, KeySample& sample);

/// Asks for the memory of the biggest ones, of 10 at most, by five samples each.
void weigh_biggest(Probe& probe, KeySample& sample);

}  // namespace rqpp::doctor
