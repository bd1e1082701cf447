#include "scheduler/zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "base/companion.h"

#include <rqpp/error.h>

namespace rqpp::scheduler {
namespace {

namespace ch = std::chrono;

ch::seconds offset_at(Instant moment) {
  const std::time_t seconds = moment.time_since_epoch().count();
  std::tm fields{};
  ::localtime_r(&seconds, &fields);
  return ch::seconds{fields.tm_gmtoff};
}

/// The first moment behind `moment`, or with a negative day the last one before it, of another
/// offset; that of a year on if there is none before.
Instant change_of_offset(Instant moment, ch::days day) {
  const ch::seconds offset = offset_at(moment);
  Instant near = moment;
  Instant far = moment;
  for (int i = 0; i < 366; ++i, near = far) {
    far = near + day;
    if (offset_at(far) != offset) break;
  }
  if (offset_at(far) == offset) return far;
  while (ch::abs(far - near) > ch::seconds{1}) {
    const Instant middle = near + (far - near) / 2;
    (offset_at(middle) == offset ? near : far) = middle;
  }
  return std::max(near, far);
}

}  // namespace

Zone local_zone() {
  ::tzset();
  return [](Instant moment) {
    return ZonePeriod{.begin = change_of_offset(moment, ch::days{-1}),
                      .end = change_of_offset(moment, ch::days{1}),
                      .offset = offset_at(moment)};
  };
}

// The library behind it is loaded when a zone is asked for, see base/companion.h.
Zone find_zone(const std::string& name) {
  if (name == "UTC") return utc;
  if (name == kLocalZone) return local_zone();
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
