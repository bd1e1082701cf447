#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "redis/connection.h"

namespace rqpp::test {

/// One call as Redis executed it, those that scripts make included.
struct ExecutedCall {
  std::vector<std::string> words{};  ///< Those that are known; long ones are cut.
  std::size_t word_count = 0;        ///< Of the whole call.
  std::chrono::microseconds duration{};

  bool operator==(const ExecutedCall&) const = default;
};

/// Has Redis log from now on what takes longer: 0 s is every call. Negative: nothing.
void log_slower_than(redis::Connection& connection, std::chrono::microseconds duration);

/// What Redis has logged since the last time; forgets it. MULTI, EXEC and calls that wait are never
/// logged.
std::vector<ExecutedCall> take_slow_log(redis::Connection& connection);

/// One entry of SLOWLOG GET.
ExecutedCall read_logged_call(const redis::Reply& entry);

}  // namespace rqpp::test
