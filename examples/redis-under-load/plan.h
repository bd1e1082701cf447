#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

// The work, the same for the careless and for the careful service: gateways report which devices
// they hear, and what some of them measure. All of it follows from numbers, so that both do the
// same, and so that anybody can say what must come out.
namespace load {

inline constexpr int kDevices = 20'000;  ///< Known from the beginning: 0, 1, …
inline constexpr int kGroups = 10;       ///< Device n belongs to group n % kGroups.

struct Report {
  int group = 0;
  std::vector<int> heard{};                     ///< Devices; a tenth of them are unknown.
  std::vector<std::pair<int, int>> readings{};  ///< Device and value; all of the group.
  std::optional<int> joins{};                   ///< A new device of the group.
};

/// The report `number` (0, 1, …) of one of `clients`. No two clients report readings of one device.
Report make_report(int client, int clients, int number);

/// What must come out of the first `reports` reports of each client.
struct Outcome {
  std::int64_t reports = 0;
  std::int64_t known = 0;  ///< Of all that were heard.
  std::int64_t devices = kDevices;
  std::map<int, std::int64_t> totals{};  ///< By group, of the newest readings.

  bool operator==(const Outcome&) const = default;
};
Outcome expected(int clients, int reports);

}  // namespace load
