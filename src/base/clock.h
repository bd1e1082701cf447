#pragma once

#include <chrono>

#include <rqpp/time.h>

namespace rqpp::base {

/// The time of day, for what is written to Redis. Decisions take it as an argument.
inline Time now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace rqpp::base
