#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "protocol/incarnation.h"
#include "protocol/result_record.h"
#include "protocol/transitions.h"

// What the two ways to end a run, settle and finish, share.
namespace rqpp::protocol {

/// A ttl as Redis takes it; whoever wrote the job may have asked for a time that EXPIRE refuses.
inline std::int64_t allowed_ttl(std::int64_t seconds) {
  constexpr std::int64_t kLongest = 10'000'000'000;
  return std::clamp(seconds, std::int64_t{-1}, kLongest);
}

/// The result with whose it is.
inline ResultRecord of_run(ResultRecord result, const Execution& run, const RunTimes& times) {
  result.worker_name = name_of(run.worker);
  result.execution_id = run.id;
  result.started_at = times.started;
  result.ended_at = times.ended;
  result.usage = times.usage;
  return result;
}

}  // namespace rqpp::protocol
