#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/job_record.h"
#include "protocol/transitions.h"
#include "worker/frames.h"

#include <rqpp/status.h>
#include <rqpp/time.h>

// What becomes of a job when its run is over. Values in, values out.
namespace rqpp::worker {

/// Why a run was told to end, if it was.
enum class Told : std::uint8_t {
  nothing,
  timeout,      ///< Its time is over.
  worker_stop,  ///< The worker cannot wait for it any longer.
  kill_horse,   ///< RQ's command kill-horse.
  stop_job,     ///< RQ's commands stop-job and stop-execution.
};

/// What happens to jobs that a stopping worker does not let finish.
enum class Interrupted : std::uint8_t { put_back, fail };

/// The outcome of a run that failed for a reason that is known by its text alone.
Outcome failure(const std::string& text);

/// The job ends.
struct End {
  Status status = Status::finished;
  Outcome outcome{};
};
/// Or it runs again.
using Verdict = std::variant<End, protocol::PutBack>;

/// `outcome` is what the horse reported, or how it died. A failure uses up a retry if the job has
/// one left (RQ's `Job.retry`).
Verdict judge(const protocol::JobRecord& job, Told told, Outcome outcome, Interrupted interrupted,
              Time now);

/// Of a job whose worker was lost while it ran it: it uses up a retry or fails, as in RQ
/// (`StartedJobRegistry.cleanup`). The third worker that a job loses is the last.
Verdict judge_lost(const protocol::JobRecord& job, std::string_view lost_worker, Time now);

}  // namespace rqpp::worker
