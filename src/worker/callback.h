#pragma once

#include <string>

#include "protocol/job_record.h"
#include "worker/frames.h"
#include "worker/verdict.h"

// Whom the end of a run is told to, and what. Values in, values out.
namespace rqpp::worker {

/// The job's callback for what has become of its run; null if there is none. A run that failed and
/// will be repeated has failed all the same (RQ's `Worker.perform_job`); one that asks for another
/// run has neither succeeded nor failed.
const protocol::JobCallback* callback_for(const protocol::JobRecord& job, const Verdict& verdict);

/// What it is told: the serialized result, or the error's text. `error` is why the run failed, for
/// a verdict that does not keep it.
std::string told_of(const Verdict& verdict, std::string error);

/// The error of a callback that failed.
std::string callback_error(const protocol::JobCallback& callback, const Outcome& outcome);

}  // namespace rqpp::worker
