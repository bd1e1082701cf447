#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/execution.h"
#include "protocol/incarnation.h"
#include "protocol/job_record.h"
#include "protocol/worker_record.h"
#include "redis/batch.h"

#include <rqpp/dependency.h>
#include <rqpp/usage.h>

// Every write of rqpp, one function per arrow of the state diagram in docs/protocol.md, in the
// order of a job's life. A transition takes values and the time and returns the commands; it does
// no I/O and reads no clock. The cost of each stands in docs/protocol.md and is asserted by tests.
namespace rqpp::protocol {

// ---- producers

enum class Position : std::uint8_t { back, front };

/// Puts new jobs into their queue: a hash each, then their ids, a hundred with one push. The hash
/// comes first, so that no worker sees an id without its job. All jobs share one queue, their
/// `origin`; the first one runs first, at the front too. Cost: 1 command per job and 1 per 100; 1
/// more per job with a ttl. All of them are of one group, or none: `add_to_group` follows the
/// hashes. If they wait for others (all of them do, or none) `defer` of dependencies.h instead of
/// the push. One with a concurrency limit waits for a slot instead: 1 script, 6 commands, 5 more if
/// there is one.
redis::Batch enqueue(std::span<const JobRecord> jobs, Position position,
                     DeferredScore score = DeferredScore::creation);

/// Leaves new jobs, whose status is `scheduled`, to whoever schedules their queue (scheduling.h): a
/// hash each, then their ids by hundreds, so that no scheduler sees an id without its job. All
/// share one queue, their `origin`. They become due at the next whole second. Cost as `enqueue`.
redis::Batch schedule(std::span<const JobRecord> jobs, Time due);

/// Why a job is to be the only one.
struct Uniqueness {
  std::string fingerprint{};      ///< Of its call; empty: for its id alone, as in RQ.
  std::chrono::seconds window{};  ///< How long such calls are refused.
};
/// Puts a new job into its queue, or with `due` among the scheduled ones, unless there is one like
/// it. Reply: the id of that one, or an empty text. Cost: 1 script, 3 commands; 1 more with a ttl,
/// 2 more with a fingerprint.
redis::Batch enqueue_unique(const JobRecord& job, Position position, std::optional<Time> due,
                            const Uniqueness& uniqueness);

/// Removes a producer's count of writes, see EnqueueWriter::take_once. Cost: 1 command.
redis::Batch forget_sender(std::string_view sender);

/// Makes a queue visible to monitors. Cost: 1 command; needed once per process and queue.
redis::Batch announce_queue(std::string_view queue);

/// Takes a job back. Reply: 1, or 2 if its dependents want to know; 0 no such job, -1 canceled
/// before. Cost: 1 script, up to 6 commands; LREM grows with the length of the queue if the job is
/// queued.
redis::Batch cancel(std::string_view job_id, Time now);

/// Reply: 1, 0 no such job. Cost: 1 script, up to 5 commands and 2 per run; LREM as with `cancel`.
redis::Batch delete_job(std::string_view job_id, Time now);

/// Puts a failed job back into its queue. Reply: 1, 0 no such job, -1 not failed.
/// Cost: 1 script, 7 commands.
redis::Batch requeue(std::string_view job_id, Position position, Time now);

/// Removes an id from a queue; the job stays. Reply: how many were removed.
/// Cost: 1 command, which grows with the length of the queue.
redis::Batch remove_from_queue(std::string_view queue, std::string_view job_id);

/// Deletes up to `count` (1 to 100) jobs of a queue. Reply: how many; call again until it is 0.
/// Cost: 1 script, up to 5 commands and 1 per job; as with `delete_job` for groups, limits and
/// windows.
redis::Batch empty_slice(std::string_view queue, int count, Time now);

/// Hides a queue that is empty from monitors. Reply: 1, or 0 if it was not listed or is not empty.
/// Cost: 1 script, 2 commands.
redis::Batch forget_queue(std::string_view queue);

/// Stores a job's meta if the job still exists. Reply: 1 or 0.
redis::Batch save_meta(std::string_view job_id, std::string_view serialized_meta);

// ---- operators

/// From now on no worker starts a job, for so long or, with 0 s, until `resume`. Jobs that run end
/// as they would. Cost: 1 command.
redis::Batch suspend(std::chrono::seconds duration);

/// Ends a suspension. Reply: 1, or 0 if there was none. Cost: 1 command.
redis::Batch resume();

/// The same for one queue and the workers of rqpp; those of Python do not know of it. Cost: 1
/// command each.
redis::Batch pause_queue(std::string_view queue, std::chrono::seconds duration);
redis::Batch resume_queue(std::string_view queue);

// ---- workers

/// How long a worker counts as alive after it was heard of.
struct WorkerLife {
  std::chrono::seconds ttl{480};   ///< For RQ's readers: its hash.
  std::chrono::seconds lease{10};  ///< For other workers of rqpp, which inherit what it ran.
};
/// Registers a worker, under an incarnation that nobody had before. Reply: the end of its lease, or
/// 0 if a worker has that name, or -1 if it has it as long as its lease lasts. `former` is the
/// incarnation that the same process had before, or empty; what that ran is left to whoever
/// inherits it. Cost: 1 script, 10 commands and 1 per queue.
redis::Batch birth(const WorkerRecord& worker, const Claimant& claimant, WorkerLife life,
                   std::string_view former);

/// Writes the hash of a worker again that lives and whose hash has expired. Cost: 3 commands and 1
/// per queue.
redis::Batch register_again(const WorkerRecord& worker, std::string_view incarnation,
                            WorkerLife life);

/// Lets somebody take jobs who is no worker that others see. Cost: 1 command.
redis::Batch begin_session(const Claimant& claimant);

/// After an outage: what this worker has sent before takes no job any more. Reply: 1, or 0 if it
/// has to be born again, as Redis does not know it or others have given it up. Cost: 1 script, 5
/// commands.
redis::Batch resume(const Claimant& claimant, std::chrono::seconds lease);

struct ClaimRequest {
  Claimant claimant{};
  std::int64_t number = 2;                   ///< Of this claim, more than that of any before.
  std::vector<std::string> queues{};         ///< In the order of their priority; one or more.
  std::vector<std::string> execution_ids{};  ///< One for each job wanted; 1 to 32.
  int ahead = 0;  ///< So many of them, the last ones, do not begin before the next `claim`.
  bool begins_ahead = false;  ///< `claimant.begun` is news: jobs that were taken ahead begin now.
  bool look_into_inbox = false;
  bool show = true;  ///< See Execution::shown.
};

/// Takes jobs and marks them as started, in one atomic step. Read the reply with `read_claim`.
/// Should the worker be lost, what it had only taken ahead goes back as if nobody had taken it.
/// Cost: 1 script; 7 commands per job (1 if they are not shown), 1 for each queue, and 4 (3).
redis::Batch claim(const ClaimRequest& request, std::chrono::seconds lease, Time now);

/// Jobs that were taken ahead begin, and no claim is to be sent that would say so. Cost: 1 command.
redis::Batch begin_ahead(const Claimant& claimant);

/// Blocks until an id arrives in the queue and moves it into the worker's inbox, where the next
/// `claim` finds it. Sent on a connection of its own. Reply: the id, or nil after `timeout`.
redis::Batch wait_for_arrival(std::string_view worker, std::string_view queue,
                              std::chrono::seconds timeout);

/// Moves the first id of the queue into the worker's inbox without a wait, for servers that refuse
/// BLMOVE. Reply: the id, or nil. Cost: 1 command.
redis::Batch look_for_arrival(std::string_view worker, std::string_view queue);

struct ArrivalClaim {
  Claimant claimant{};
  std::int64_t number = 2;  ///< As of ClaimRequest.
  std::string queue{};
  std::string execution_id{};
};

/// Takes what `wait_for_arrival` has moved into the inbox; it is sent behind the wait on the same
/// connection, so the job is known without one more round trip. It counts as taken ahead. A job
/// that is canceled, limited in rate or malformed stays in the inbox for `claim`. Of an earlier
/// session it goes back to its queue. Read the reply with `read_arrival`. Cost: 1 script; 4
/// commands if something has arrived, else 1.
redis::Batch claim_arrival(const ArrivalClaim& request);

/// Puts an id from the inbox back to the front of its queue: it arrived when nobody was free.
/// Does nothing if a claim has taken it meanwhile. Cost: 1 script, 2 commands.
redis::Batch give_back(std::string_view worker, std::string_view queue, std::string_view job_id);

/// How a job that shall run again goes back. By default as if nobody had taken it.
struct PutBack {
  Position position = Position::front;
  std::optional<Time> due{};                        ///< Unset: at once.
  std::optional<Time> ended{};                      ///< Set: the run counts, and ended then.
  std::optional<std::int64_t> retries_left{};       ///< Set: it has used up a retry.
  std::optional<std::int64_t> number_of_retries{};  ///< Set: its task has asked so often.
  std::optional<std::int64_t> repeats_left{};       ///< Set: it repeats.
  /// From now on its reruns go to the front, also those that wait for a time: RQ's
  /// `enqueue_at_front_on_retry`.
  bool retry_at_front = false;
  std::string losses{};  ///< Not empty: see JobRecord::losses.

  bool operator==(const PutBack&) const = default;
};

struct Succeeded {
  std::string return_value{};  ///< Serialized; empty for None.
};
struct Failed {
  std::string exc_info{};  ///< For people: a traceback, its last line `type: text`.
};
struct RunTimes {
  Time started{};
  Time ended{};
  std::optional<Usage> usage{};  ///< Unset for a run that never began.
};

/// Ends a run: the job becomes finished or failed and its result is kept as its ttl says. Reply:
/// `{settled, dependents}`, see `read_settled`. `default_result_ttl` serves jobs that name none.
/// With `repeat` it is among the finished ones and goes back as well, and does not expire.
/// Cost: 1 script, 14 commands (12 if the run was not shown); to repeat 1 less, the same with a
/// ttl.
redis::Batch settle(const JobRecord& job, const Execution& run, const Succeeded& outcome,
                    RunTimes times, std::chrono::seconds default_result_ttl,
                    const std::optional<PutBack>& repeat = {});
redis::Batch settle(const JobRecord& job, const Execution& run, const Failed& outcome,
                    RunTimes times);

/// The task asks for another run (RQ's returned Retry).
struct AskedAgain {};
/// Its result says so, and the job goes back, or it fails if it asked too often.
/// Cost as above; to go back 2 less, 1 less with a ttl.
redis::Batch settle(const JobRecord& job, const Execution& run, const AskedAgain& outcome,
                    RunTimes times, const std::optional<PutBack>& again);

/// A stop that somebody asked for, whose text people read.
struct Stopped {
  std::string exc_info{};
};
/// The job ends as stopped: among the failed ones, never retried. Cost as `settle`.
redis::Batch settle(const JobRecord& job, const Execution& run, const Stopped& outcome,
                    RunTimes times);

/// The end of a run that went well.
struct Finished {
  Execution run{};
  std::string return_value{};  ///< As in Succeeded.
  RunTimes times{};
};
/// Whether `finish` may serve such a run: nobody was shown it, and nothing but the job itself and
/// its result has to change.
bool may_finish(const JobRecord& job, const Execution& run);
/// What `settle` does for a run that went well, for 1 to 100 of one worker and queue with one ttl
/// at once. Read the reply with `read_finish`: it is false for those that were left, since
/// something about them is not as usual, and are to be settled. Cost: 1 script; 4 commands per job
/// and 5; if `result_ttl` is 0 1 per job and 5.
redis::Batch finish(std::span<const Finished> runs, std::chrono::seconds result_ttl, Time now);
std::vector<bool> read_finish(const redis::Reply& reply, std::size_t runs);

/// Ends a run without an outcome. Reply: 1, or 0 if the run had lost its job.
/// Cost: 1 script, up to 9 commands; 4 less if the run was not shown.
redis::Batch put_back(const Execution& run, const PutBack& how, Time now);

/// Says that the worker lives, and asks who does not: the reply is for `read_renewal`. `ends` is
/// what the one before said, or empty. Cost: 1 script, 3 commands.
redis::Batch renew_lease(std::string_view worker, std::chrono::seconds lease,
                         std::string_view ends);

struct InheritRequest {
  std::string lost{};                        ///< The worker whose lease has run out.
  Claimant heir{};                           ///< Who takes its runs over.
  std::vector<std::string> execution_ids{};  ///< One for each run; 1 to 32.
};
/// Takes over the runs of a lost worker; see `read_inheritance`. Writes nothing if it lives.
/// Cost: 1 script, 5 commands per run and up to 18, 1 per queue that it listened to, and 2 for
/// each of at most 100 ids in its inbox.
redis::Batch inherit(const InheritRequest& request, WorkerLife life, Time now);

/// What a worker has done since it last said so.
struct WorkDone {
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::chrono::microseconds working_time{};

  bool operator==(const WorkDone&) const = default;
};

/// Renews the leases of what runs now, shows what is not shown yet, and restores runs that somebody
/// removed. The reply is for `read_shown`. Cost: 1 script, 1 command (3 beyond 100 members), and 7
/// per run (10 to show it). At most 100 runs, of one worker.
redis::Batch renew(std::span<const Execution> runs, std::chrono::seconds lease, Time now);

/// Tells that the worker lives. The first reply is 1 if its hash had vanished: then it must be born
/// again. Cost: 2 commands, and up to 3 if there is work to count.
redis::Batch heartbeat(std::string_view worker, std::chrono::seconds ttl, const WorkDone& done,
                       Time now);

/// Of several jobs that the worker runs, this is the one that observers are shown. Cost: 1 command.
redis::Batch name_job(std::string_view worker, std::string_view job_id);

/// The worker has nothing to do; `state` is `idle` or `suspended`. Cost: 2 commands, and up to 3 if
/// there is work to count.
redis::Batch rest(std::string_view worker, std::string_view state, const WorkDone& done);

/// The worker finishes what it runs and then goes. Cost: 1 command.
redis::Batch announce_shutdown(std::string_view worker, Time now);

/// Unregisters a worker. What it still runs passes to its heirs. Reply: 1, or 0 if there is such.
/// Cost: 1 script, 7 commands and 1 per queue.
redis::Batch death(const Claimant& claimant, std::span<const std::string> queues, Time now);

}  // namespace rqpp::protocol
