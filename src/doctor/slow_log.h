#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "doctor/facts.h"
#include "redis/reply.h"

namespace rqpp::doctor {

/// The reply of SLOWLOG GET, its entries of one kind together, those that took longest in sum
/// first. Entries of another form are left out, and those of `own_name`, the visitor. `now_seconds`
/// is Redis' time.
SlowLog read_slow_log(const redis::Reply& reply, std::int64_t now_seconds,
                      const std::string& own_name);

/// How long ago something was, by Redis' clock; 0 for the future.
std::int64_t seconds_since(std::int64_t then, std::int64_t now);

/// The keys that these entries name, 20 at most, for a closer look. Those that Redis has cut are
/// left out.
std::vector<std::string> slow_keys(const redis::Reply& reply);

}  // namespace rqpp::doctor
