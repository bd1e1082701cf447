#pragma once

#include <cstdint>

#include "protocol/execution.h"
#include "protocol/job_record.h"
#include "protocol/queries.h"
#include "redis/batch.h"

// Comparing the runs of a worker, as the worker knows them, with the key in Redis.
namespace rqpp::protocol {

/// The answer to `renew`.
struct Shown {
  std::int64_t held = 0;     ///< Executions that still hold their job.
  std::int64_t listed = 0;   ///< Executions that are in the key of the worker's runs.
  std::int64_t members = 0;  ///< Members of that key, including the session and `begun`.
};
/// Throws DecodeError.
Shown read_shown(const redis::Reply& reply);

/// False if the id now names another job than the one that the run took, or a job with a status that
/// excludes this run (deferred, scheduled, ended). The same rule as in inherit.lua.
bool may_be_its_job(const Standing::Run& run, const JobRecord& job);

/// Removes a run from the key. Cost: 1 command.
redis::Batch drop_run(const Execution& run);

}  // namespace rqpp::protocol
