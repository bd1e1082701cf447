#pragma once

#include <cstdint>

#include "protocol/execution.h"
#include "protocol/job_record.h"
#include "protocol/queries.h"
#include "redis/batch.h"

// What a worker and Redis know of the worker's runs, where the two may differ.
namespace rqpp::protocol {

/// The answer to `renew`.
struct Shown {
  std::int64_t held = 0;     ///< So many executions still hold their job.
  std::int64_t listed = 0;   ///< So many of them all are among the worker's runs.
  std::int64_t members = 0;  ///< So many members these have, with the session and `begun`.
};
/// Throws DecodeError.
Shown read_shown(const redis::Reply& reply);

/// False if the job that has this id now is not the one that the run took, or is where no run of it
/// can be: the old one was deleted, say. As inherit.lua decides.
bool may_be_its_job(const Standing::Run& run, const JobRecord& job);

/// Forgets a run that has no job.
redis::Batch drop_run(const Execution& run);

}  // namespace rqpp::protocol
