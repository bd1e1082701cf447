#pragma once

#include <chrono>

#include <rqpp/time.h>

namespace rqpp::base {

/// The time as a loop's decisions take it: `steady` for waiting, `wall` for what is written to
/// Redis.
struct Moment {
  using Steady = std::chrono::steady_clock::time_point;
  Steady steady{};
  Time wall{};
};

/// The time of day, for what is written to Redis. Decisions take it as an argument.
inline Time now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// Both at once, for loops.
inline Moment this_moment() { return {.steady = std::chrono::steady_clock::now(), .wall = now()}; }

}  // namespace rqpp::base
