#pragma once

#include <chrono>
#include <string>

#include <rqpp/time.h>

namespace rqpp::protocol {

/// Whole UTC seconds, truncated: the scores of RQ's registries.
inline std::string whole_seconds(Time time) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

/// When something is due: rounded up, for nothing may come before its time.
inline std::string due_seconds(Time time) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).time_since_epoch().count());
}

}  // namespace rqpp::protocol
