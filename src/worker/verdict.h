#pragma once

#include <cstdint>
#include <optional>
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
Outcome failed_with(const std::string& text);

/// The run has an outcome that is kept.
struct End {
  Status status = Status::finished;
  Outcome outcome{};
  std::optional<protocol::PutBack> again{};  ///< Set: the job does not end with it.
};
/// Or it has none, and the job runs again.
using Verdict = std::variant<End, protocol::PutBack>;

/// Whether a run did not come to its own end, as far as `outcome` tells: the task was asked to stop
/// and may have left work undone, or its horse was killed.
bool was_cut_short(Told told, const Outcome& outcome);

/// `outcome` is what the horse reported, or how it died. A failure uses up a retry if the job has
/// one left (RQ's `Job.retry`) and the task has not said that none would help; a success uses up a
/// repeat (`Repeat.schedule`). A task that asks for another run gets it so often as it says
/// (`handle_job_retry`). A job whose module this worker cannot load goes back as it was.
Verdict judge(const protocol::JobRecord& job, Told told, Outcome outcome, Interrupted interrupted,
              Time now);

/// The error of a task that took too long.
Outcome too_late(std::int64_t timeout_seconds);

/// The error's text of a run that failed; empty for one that did not.
std::string why_it_failed(const protocol::JobRecord& job, Told told, const Outcome& outcome);

/// Of a job whose worker was lost while it ran it: it uses up a retry or fails, as in RQ
/// (`StartedJobRegistry.cleanup`). The third worker that a job loses is the last.
Verdict judge_lost(const protocol::JobRecord& job, std::string_view lost_worker, Time now);

}  // namespace rqpp::worker
