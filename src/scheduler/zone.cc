#include "scheduler/zone.h"

#include <fmt/format.h>

#include "base/companion.h"

#include <rqpp/error.h>

namespace rqpp::scheduler {

// The library behind it is loaded when a zone is asked for, see base/companion.h.
Zone find_zone(const std::string& name) {
  if (name == "UTC") return utc;
  auto* find = base::find_in_companion<const void*(const char*)>("zones", "rqpp_find_zone");
  auto* look = base::find_in_companion<void(const void*, ZonePeriod*, std::int64_t)>(
      "zones", "rqpp_zone_period");
  const void* zone = find(name.c_str());
  if (zone == nullptr) {
    throw InvalidArgument(fmt::format(
        "there is no time zone '{}': use a name as Europe/Berlin, or UTC. They are files of the "
        "package tzdata",
        name));
  }
  return [zone, look](Instant moment) {
    ZonePeriod period;
    look(zone, &period, moment.time_since_epoch().count());
    return period;
  };
}

}  // namespace rqpp::scheduler
