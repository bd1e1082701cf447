#pragma once

#include <set>
#include <string>

#include "codec/wire_call.h"
#include "tasks/modules.h"
#include "worker/channel.h"
#include "worker/frames.h"
#include "worker/job_limits.h"
#include "worker/usage.h"

#include <rqpp/detail/job_context.h>

namespace rqpp::worker {

/// What a horse can run, and which modules it was born with.
struct Repertoire {
  tasks::Modules modules;
  /// Names of those that the stable has loaded, or leaves to each horse. Of others the parent
  /// hears when a horse loads them.
  std::set<std::string> known{};
  std::string rehearsal{};             ///< The data of a job that nobody runs, as RQ writes it.
  JobLimits limits{};                  ///< Of each job.
  std::int64_t born_with = 0;          ///< Bytes of memory that no job has to answer for.
  Counted counted = Counted::process;  ///< What a job has cost.
};

/// The horse's end of its socket.
using ParentChannel = Channel<ToHorse>;

/// Runs one job, or a callback, in this process and returns how it ended; whatever the task throws
/// becomes an error. While it runs, frames for what the task asks go to `parent`. `stop` is what
/// `current_job().stop_requested()` reads. Only what the runtime throws to end a thread comes
/// through. A process that the task has forked ends where the task returns: it does not come back
/// from here.
Outcome run_job(const Assignment& assignment, Repertoire& repertoire, ParentChannel& parent,
                detail::StopFlag& stop);

/// Goes through what every job goes through, without one. A horse that was forked ahead does so
/// while it waits: its first job then does not pay for the page faults of a fresh process.
void rehearse(const Repertoire& repertoire);

/// The call in a job's data, as it is in Redis: zlib or raw. Throws DecodeError.
codec::DecodedCall decode_data(const std::string& data);
/// The bytes of a result as Redis keeps them, none for None; RQ's words for what cannot be sent.
/// Throws TaskError above kMaxHandedOverBytes.
std::string serialize_result(const Value& result, Serializer serializer);

/// The call of a callback, by as many arguments as it takes: the job's result, for `ended_as`
/// finished, the error's text, or nothing. Throws DecodeError.
Call callback_call(const tasks::TaskEntry& callback, const std::string& name, Status ended_as,
                   const std::string& told);

/// For a handler that catches what a task threw: an error, or the wish to run again.
Outcome outcome_of_what_was_thrown(std::string_view job_id, const JobLimits& limits);

/// The Outcome for an error that is known by its text alone.
Outcome failure(std::string_view text);

}  // namespace rqpp::worker
