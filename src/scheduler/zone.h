#pragma once

#include <string>

#include "scheduler/cron_expression.h"

namespace rqpp::scheduler {

/// A time zone by its IANA name, `Europe/Berlin`, or `UTC`. Throws InvalidArgument for a name that
/// this machine does not know.
Zone find_zone(const std::string& name);

}  // namespace rqpp::scheduler
