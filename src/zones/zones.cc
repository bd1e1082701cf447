// Time zones, by Howard Hinnant's library: that of GCC 12 has none.

#include <date/tz.h>

#include <cstdint>
#include <exception>

#include "scheduler/cron_expression.h"

using rqpp::scheduler::Instant;
using rqpp::scheduler::ZonePeriod;

/// The zone, which lives as long as the process; null if there is none of this name.
extern "C" const void* rqpp_find_zone(const char* name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

extern "C" void rqpp_zone_period(const void* zone, ZonePeriod* period, std::int64_t moment) {
  try {
    const auto info = static_cast<const date::time_zone*>(zone)->get_info(
        date::sys_seconds{std::chrono::seconds{moment}});
    *period = {.begin = info.begin, .end = info.end, .offset = info.offset};
  } catch (const std::exception&) {
    *period = {};
  }
}
