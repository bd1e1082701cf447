#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "protocol/execution.h"
#include "protocol/job_record.h"
#include "protocol/transitions.h"
#include "worker/frames.h"

#include <rqpp/status.h>
#include <rqpp/time.h>

// What the Supervisor is told and what it answers.
namespace rqpp::worker {

using base::Moment;

/// A job that a claim took. If its hash is malformed, `error` says how, and it will be failed.
struct ClaimedJob {
  protocol::Execution run{};
  protocol::JobRecord job{};
  std::string error{};
  /// Arguments that are results of other jobs, see Assignment::results.
  std::vector<std::pair<std::string, std::string>> results{};
  bool begun = true;       ///< False: Redis must be told before it begins, see Claim::ahead.
  std::int64_t claim = 0;  ///< The number of the claim that took it.
};

// ---- events; MetaSaved is a horse's frame

struct Begin {};
/// A horse was forked and waits for a job.
struct HorseReady {
  int horse = 0;
};
struct HorseNotForked {
  int horse = 0;
};
/// A horse's process is gone, as `exit` describes.
struct HorseEnded {
  int horse = 0;
  std::string exit{};
  Usage usage{};          ///< Of the job that ran, but for its wall time.
  std::string written{};  ///< The last lines that it wrote.
};
/// A horse reported the end of its job.
struct JobEnded {
  int horse = 0;
  Outcome outcome{};
  std::string written{};  ///< The last lines that the job wrote.
  /// Set if it runs the next job of its row since; else nothing of the row begins any more.
  struct GoesOn {
    Moment::Steady began{};  ///< The job that has ended.
    Moment::Steady ended{};
  };
  std::optional<GoesOn> goes_on{};
};
/// The answer to Recall: no other job of the row begins.
struct Recalled {
  int horse = 0;
};
/// The answer to Claim{asked}. `more`: ids are left that the claim did not look at.
struct Claimed {
  int asked = 0;
  std::vector<ClaimedJob> jobs{};
  bool more = false;
  std::string
      watched{};  ///< The queue whose wait took the job, see Watch::claims; 0 were asked for.
};
/// A wait moved an id into the inbox.
struct Arrived {
  std::string queue{};
  std::string job_id{};
};
/// A wait is over.
struct NothingArrived {
  std::string queue{};
};
/// The answer to a Settle or a PutBack. If others waited for the job, they have been told.
struct SettleAcknowledged {
  std::size_t queued = 0;  ///< How many of them need not wait any longer.
  int runs = 1;            ///< The answer to so many at once, for which nobody waited.
};
/// The first asks for a warm stop, a later one for a cold stop.
struct StopRequested {};
/// Modules shall be loaded anew, from files that may have changed.
struct ReloadRequested {};
/// Kill the running horses; their jobs fail.
struct KillHorses {};
/// Stop a job's run, if it is here.
struct StopRun {
  std::string job_id{};
  std::string execution_id{};  ///< Empty: any run of the job.
};
/// No more jobs are to be begun until Resumed.
struct Suspended {};
struct Resumed {};
/// From now on no job of these queues, and of no others of ours, is to be begun.
struct QueuesPaused {
  std::set<std::string> queues{};
};
/// The answer to RenewLease: workers whose leases have run out.
struct LeaseRenewed {
  std::vector<std::string> lost_workers{};
  double ends = 0;  ///< Of the own lease, in seconds of Redis' clock.
};
/// The answer to Inherit: what the lost worker ran. `more`: there is more of it.
struct Inherited {
  std::string lost_worker{};  ///< Empty: the one that each job names.
  std::vector<ClaimedJob> jobs{};
  bool more = false;
};
/// The answer to Maintain.
struct Maintained {
  bool refused = false;        ///< Redis does not let us.
  bool got = false;            ///< Of a lock: it is ours.
  bool more = false;           ///< Of registries and abandoned: ask again.
  std::string cursor{"0"};     ///< Of what is read by pages: where the next one begins.
  std::int64_t runs_left = 0;  ///< Of abandoned, see protocol::Abandoned.
  std::int64_t ids_left = 0;   ///< The same.
  std::vector<std::string>
      names{};  ///< Of groups, limits and deferred: a page of them. Of look_again: once more.
  std::vector<ClaimedJob> jobs{};  ///< Of abandoned: they are ours now, for a decision.
};
/// Claims and waits in flight are void.
struct RedisLost {};
/// What was claimed before is still ours, but for the executions that are gone; if this worker was
/// given up meanwhile, nothing is.
struct RedisBack {
  std::set<std::string> gone{};
  bool given_up = false;
};
/// Time has passed.
struct Tick {};

using Event =
    std::variant<Begin, HorseReady, HorseNotForked, HorseEnded, JobEnded, Recalled, MetaSaved,
                 Claimed, Arrived, NothingArrived, SettleAcknowledged, StopRequested,
                 ReloadRequested, KillHorses, StopRun, Suspended, Resumed, QueuesPaused,
                 LeaseRenewed, Inherited, Maintained, RedisLost, RedisBack, Tick>;

// ---- actions; ForkHorse and SignalHorse are the stable's frames

struct Assign {
  int horse = 0;
  protocol::JobRecord job{};
  protocol::Execution run{};
  bool last = false;  ///< The horse goes by itself when the job has ended.
  std::vector<std::pair<std::string, std::string>> results{};  ///< See Assignment::results.
  int place = 0;      ///< In a row of jobs that the horse gets at once.
  bool more = false;  ///< The next action is the next job of the row.
};
/// Take back what the horse has not begun of its row.
struct Recall {
  int horse = 0;
};
/// Tell the job's callback how it ended.
struct AssignCallback {
  int horse = 0;
  protocol::JobRecord job{};
  protocol::Execution run{};
  protocol::JobCallback callback{};
  std::string told{};  ///< See Assignment::told.
};
/// The horse gets no more jobs and may go.
struct RetireHorse {
  int horse = 0;
};
struct Settle {
  protocol::JobRecord job{};
  protocol::Execution run{};
  Status status = Status::finished;  ///< Or failed, or stopped.
  Outcome outcome{};
  protocol::RunTimes times{};
  std::optional<protocol::PutBack> again{};  ///< Set: the job does not end with it.
};
/// The run has no outcome, and the job runs again: it goes back to its queue, or waits for its
/// time.
struct PutBack {
  protocol::JobRecord job{};
  protocol::Execution run{};
  protocol::PutBack how{};
};
struct Claim {
  int count = 0;
  std::vector<std::string> queues{};  ///< In the order in which they are asked.
  int ahead = 0;            ///< So many of them do not begin before the next Claim or BeginAhead.
  std::int64_t begins = 0;  ///< Jobs taken ahead by claims up to this one begin now; 0: none do.
  bool look_into_inbox = false;
  bool show = true;  ///< See protocol::Execution::shown.
};
/// Jobs that were taken ahead by claims up to this one begin now.
struct BeginAhead {
  std::int64_t begins = 0;
};
/// Wait for an arrival. With `claims` Redis also claims what arrives, in the same moment, if it is
/// an ordinary job.
struct Watch {
  std::string queue{};
  bool claims = false;
};
/// End all waits; each is answered by Arrived, NothingArrived or, if it claims, Claimed.
struct Unwatch {};
struct GiveBack {
  std::string queue{};
  std::string job_id{};
};
/// Tell Redis that the worker and its runs live.
struct Beat {
  std::vector<protocol::Execution> runs{};
  protocol::WorkDone done{};
};
/// Show observers the runs that have lasted longer than expected.
struct Show {
  std::vector<protocol::Execution> runs{};
};
/// Tell Redis that this job runs here, one that it knows already.
struct NameJob {
  std::string job_id{};
};
/// Tell Redis that nothing runs here.
struct Rest {
  bool suspended = false;
  protocol::WorkDone done{};
};
struct RenewLease {};
/// Take over what a lost worker ran.
struct Inherit {
  std::string lost_worker{};
};
/// One step of cleaning up, see Maintenance.
struct Maintain {
  enum class Part : std::uint8_t {
    lock,  ///< Of a queue. All up to `unlock` are of that one.
    registries,
    deferred,    ///< A page of those that wait for others.
    look_again,  ///< Whether these must.
    abandoned,
    workers,
    unlock,
    common_lock,  ///< Of what belongs to no queue.
    all_workers,
    groups,
    members,  ///< Of a group.
    limits,   ///< Keys with a concurrency limit.
    slots,    ///< Of a limit.
  };
  Part part = Part::lock;
  std::string queue{};
  std::string name{};               ///< Of a group or a limit.
  std::vector<std::string> jobs{};  ///< Of look_again.
  std::string cursor{"0"};
  std::int64_t runs_left = 0;
  std::int64_t ids_left = 0;

  bool operator==(const Maintain&) const = default;
};
/// New horses come from a new stable, with modules as they are now on disk.
struct ReplaceStable {};
enum class StopReason : std::uint8_t { warm, cold, jobs_done, idle };
struct AnnounceStop {
  StopReason reason = StopReason::warm;
};
/// For the log.
struct Warn {
  std::string text{};
};
/// Nothing is left to do: leave the loop.
struct Finish {};

using Action =
    std::variant<ForkHorse, SignalHorse, Assign, AssignCallback, Recall, RetireHorse, ReplaceStable,
                 Settle, PutBack, Claim, BeginAhead, Watch, Unwatch, GiveBack, Beat, Show, NameJob,
                 Rest, RenewLease, Inherit, Maintain, AnnounceStop, Warn, Finish>;
using Actions = std::vector<Action>;

/// For tests and logs: `Assign 1 j1`.
std::string to_text(const Action& action);

}  // namespace rqpp::worker
