#pragma once

#include <string>

#include "scheduler/cron_expression.h"

namespace rqpp::scheduler {

/// A time zone by its IANA name, `Europe/Berlin`, or `UTC`, or `local`. Throws InvalidArgument for
/// a name that this machine does not know.
Zone find_zone(const std::string& name);

/// The zone of this machine, or of the variable TZ, as the C library knows it. Name: `local`.
Zone local_zone();
inline constexpr const char* kLocalZone = "local";

}  // namespace rqpp::scheduler
