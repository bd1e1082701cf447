#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "doctor/facts.h"
#include "redis/connection.h"

#include <rqpp/time.h>

namespace rqpp::doctor {

/// One thing that can be put right without harm.
struct Repair {
  enum class Kind : std::uint8_t { dead_workers, stuck_job, results, run, ghost };

  Kind kind = Kind::dead_workers;
  std::string finding{};  ///< The id of the finding that it is for.
  std::string queue{};    ///< Of a stuck job; of dead workers: whose set of workers, empty: all.
  std::string subject{};  ///< The id of a job, or a key.
  std::string text{};     ///< What it does, exactly.

  bool operator==(const Repair&) const = default;
};

/// What can be repaired of what was found, at most kMostRepairs. Pure.
inline constexpr std::size_t kMostRepairs = 2'000;
std::vector<Repair> repairs_for(const Facts& facts);

/// What came of it. later: it is not certain yet, and in a minute it will be.
enum class Repaired : std::uint8_t { done, not_needed, later };

/// Does it, if it is still called for: each looks again in the same step. Throws CommandError where
/// Redis refuses.
Repaired perform(redis::Connection& connection, const Repair& repair, Time now);

}  // namespace rqpp::doctor
