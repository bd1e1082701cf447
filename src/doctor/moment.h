#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "doctor/sample.h"

namespace rqpp::doctor {

/// What somebody who watches has asked of Redis so far.
struct Spending {
  std::map<std::string, std::int64_t> calls{};  ///< By command, as in INFO.
  std::int64_t bytes_out = 0;                   ///< Sent to Redis.
  std::int64_t bytes_in = 0;

  bool operator==(const Spending&) const = default;
};

/// One look at a server that is watched: what --watch shows and --record keeps.
struct Moment {
  Sample sample{};
  Spending spent{};

  bool operator==(const Moment&) const = default;
};

}  // namespace rqpp::doctor
