#pragma once

#include <chrono>

namespace rqpp {

/// A moment in UTC with the microseconds that RQ's timestamps carry.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

}  // namespace rqpp
