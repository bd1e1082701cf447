#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "doctor/facts.h"
#include "redis/reply.h"

namespace rqpp::doctor {

/// The reply of SLOWLOG GET, its entries of one kind together, those that took longest in sum
/// first. Entries of another form are left out, and those of `own_client`, the visitor's address.
/// `now_seconds` is Redis' time.
SlowLog read_slow_log(const redis::Reply& reply, std::int64_t now_seconds,
                      const std::string& own_client);

}  // namespace rqpp::doctor
