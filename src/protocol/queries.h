#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/execution.h"
#include "protocol/incarnation.h"
#include "protocol/job_record.h"
#include "protocol/result_record.h"
#include "protocol/worker_record.h"
#include "redis/batch.h"
#include "redis/reply.h"

// Every read of rqpp: a batch to send, and a function that reads its replies. Nothing here grows
// with a queue, a registry or the number of workers, other than by pages that the caller asks for.
namespace rqpp::protocol {

/// The jobs of some ids; one reply each, for `read_job`. Cost: 1 command per id.
redis::Batch fetch_jobs(std::span<const std::string> ids);

/// Whether there is a job: the reply is 1 or 0. Cost: 1 command.
redis::Batch job_exists(std::string_view id);
/// A job's status: a word for `read_status`, or nil. Cost: 1 command.
redis::Batch job_status(std::string_view id);
/// Where some jobs stand, and who runs them or ran them last, since when; one reply each. Cost: 1
/// command per id.
redis::Batch job_places(std::span<const std::string> ids);
struct JobPlace {
  std::optional<Status> status{};
  std::string worker{};           ///< Empty: nobody yet, or nobody said.
  std::optional<Time> started{};  ///< That run, also if it is over.
  bool operator==(const JobPlace&) const = default;
};
/// Nothing if there is no such job. Throws DecodeError for an unknown status, or a time that is
/// none.
std::optional<JobPlace> read_job_place(const redis::Reply& reply);
/// A job's serialized meta, or nil; and a second reply, as of `job_exists`. Cost: 2 commands.
redis::Batch job_meta(std::string_view id);

/// When a job is due that waits in `rq:scheduled:<queue>`. Cost: 1 command.
redis::Batch due_time(std::string_view queue, std::string_view id);
/// Nothing if it does not wait there. Throws DecodeError for a time that is none.
std::optional<Time> read_due_time(const redis::Reply& reply);

/// Ids of a queue from `offset`, next to run first. Throws InvalidArgument unless `offset` is 0 or
/// more and `count` 1 or more. Cost: 1 command, grows with `count`.
redis::Batch queue_page(std::string_view queue, std::int64_t offset, std::int64_t count);
std::vector<std::string> read_ids(const redis::Reply& reply);

/// The length of a queue: 1 command.
redis::Batch queue_size(std::string_view queue);

/// How many writes of a producer have been executed, see EnqueueWriter::take_once: 1 command.
redis::Batch last_write_of(std::string_view sender);
/// Throws DecodeError.
std::int64_t read_last_write(const redis::Reply& reply);

/// Which of these ids, one or more, are among a queue's failed jobs: the reply is an array, nil for
/// those that are not. Cost: 1 command, grows with the ids.
redis::Batch failed_among(std::string_view queue, std::span<const std::string> ids);

/// The newest results of a job, at most `count`, newest first. Cost: 1 command.
redis::Batch latest_results(std::string_view job_id, int count);
std::vector<ResultRecord> read_results(const redis::Reply& reply);

/// Where a job stands and its newest result, as they were at one moment: only together do they tell
/// whether the result is of the job's last run, or of one before it was queued again.
struct NewestOutcome {
  std::optional<Status> status{};  ///< Nothing: there is no such job, or it has no status.
  std::optional<ResultRecord> result{};
};
/// Two replies for each job. Cost: 2 commands per job and 2, as one transaction: ask for few.
redis::Batch newest_outcomes(std::span<const std::string> job_ids);
NewestOutcome read_newest_outcome(const redis::Reply& status, const redis::Reply& results);

/// How the run of a worker of RQ before 1.12 ended, which writes no stream: the job's hash says it.
/// Cost: 1 command.
redis::Batch outcome_in_hash(std::string_view job_id);
/// Nothing if the hash does not say it.
std::optional<ResultRecord> read_outcome_in_hash(const redis::Reply& reply);

/// Blocks until a job has a result behind the entry `after` ("0-0": any result); nil after
/// `timeout`, which is 1 ms or more. Cost: 1 command.
redis::Batch await_result(std::string_view job_id, std::string_view after,
                          std::chrono::milliseconds timeout);
std::optional<ResultRecord> read_awaited_result(const redis::Reply& reply);

/// One page of all queues or all workers: `cursor` is "0" at first and again after the last page.
struct Page {
  std::string cursor{};
  std::vector<std::string> names{};
};
/// Of any page, the names as they are. Throws DecodeError.
Page read_page(const redis::Reply& reply);

redis::Batch queues_page(std::string_view cursor);
redis::Batch workers_page(std::string_view cursor);
Page read_queues_page(const redis::Reply& reply);
Page read_workers_page(const redis::Reply& reply);

/// The workers of some names; one reply each, for `read_worker`. Cost: 1 command per name.
redis::Batch fetch_workers(std::span<const std::string> names);

/// What is left of some workers that end: two replies each. Cost: 2 commands per worker.
redis::Batch worker_rests(std::span<const std::string> names);
struct WorkerRest {
  bool alive = false;                  ///< It is registered and has not said goodbye.
  std::string birth{};                 ///< Tells it from a later worker of its name.
  std::vector<std::string> job_ids{};  ///< Of what it runs, ten at most.
  bool operator==(const WorkerRest&) const = default;
};
WorkerRest read_worker_rest(std::span<const redis::Reply> replies);

/// How much is where: 7 commands per queue, all O(1).
struct QueueCounts {
  std::int64_t queued = 0, started = 0, finished = 0, failed = 0, deferred = 0, scheduled = 0,
               canceled = 0;
  bool operator==(const QueueCounts&) const = default;
};
redis::Batch queue_counts(std::string_view queue);
QueueCounts read_queue_counts(std::span<const redis::Reply> replies);

/// The jobs that a claim took, and the ids that it found but could not start.
struct Started {
  Execution run{};
  /// For `read_whole_job`: kept raw, so that a malformed job can be failed by itself.
  std::vector<redis::Reply> fields{};
  bool begun = true;  ///< False: it was taken ahead, and its worker has not said that it begins.
};
std::vector<Started> read_started(redis::Reply list, std::string_view worker);
/// The answer to `claim_arrival`: nothing if it took nothing.
std::optional<Started> read_arrival(const redis::Reply& reply, std::string_view worker);
struct Claim {
  struct Skipped {
    std::string job_id{};
    std::string reason{};
  };
  std::vector<Started> started{};
  std::vector<Skipped> skipped{};
  struct Held {
    std::string job_id{};
    std::optional<Time> until{};  ///< Unset: beyond the year 9999.
  };
  std::vector<Held> held{};  ///< Scheduled for the turn that their rate limits give them.
  bool more = false;         ///< It stopped at its limit of looked-at ids; claim again at once.
};
Claim read_claim(redis::Reply reply, std::string_view worker);

/// Whether the workers are suspended, and which of some queues are paused. Cost: 1 command, which
/// grows with the queues.
redis::Batch pauses(std::span<const std::string> queues);
struct Pauses {
  bool suspended = false;
  std::set<std::string> queues{};

  bool any() const { return suspended || !queues.empty(); }
};
Pauses read_pauses(std::span<const std::string> queues, const redis::Reply& reply);

/// How long each of these pauses lasts. Redis may tell of the end of a key with a time to live much
/// later than it has come. Cost: 1 command for each.
redis::Batch pause_ends(const Pauses& pauses);
/// After how long the first of them ends, a day at the most; nothing if all last until somebody
/// ends them.
std::optional<std::chrono::milliseconds> read_first_end(std::span<const redis::Reply> replies);

/// Whether the workers are suspended. Cost: 1 command.
redis::Batch suspension();
struct Suspension {
  std::optional<std::chrono::milliseconds> left{};  ///< Unset: until somebody resumes them.
  bool operator==(const Suspension&) const = default;
};
std::optional<Suspension> read_suspension(const redis::Reply& reply);

/// What a worker hears when it renews its lease.
struct Renewal {
  bool known =
      false;  ///< False: it was given up, or Redis is not in the state of the last renewal.
  std::string ends{};  ///< When the lease ends, in seconds of Redis' clock; for the next renewal.
  std::vector<std::string> lost_workers{};  ///< Whose leases have run out, up to 10.
};
Renewal read_renewal(const redis::Reply& reply);

/// What was taken over from a lost worker.
struct Inheritance {
  std::vector<Started> runs{};
  bool more = false;  ///< There is more of it; ask again at once.
  bool news = false;  ///< Nobody had found the worker dead before.
};
Inheritance read_inheritance(const redis::Reply& reply, std::string_view heir);

/// What a worker needs to know after an outage: whether Redis still has its hash, and what it runs
/// as far as Redis knows. Cost: 2 commands; grows with the worker's own horses.
redis::Batch worker_standing(std::string_view worker);
struct Standing {
  struct Run {
    std::string job_id{};
    std::string execution_id{};
    bool shown = false;
    bool begun = false;      ///< As far as Redis was told.
    std::int64_t claim = 0;  ///< Of a prefetched job: the number of the claim that took it.
    int stamp = 0;           ///< The microseconds of the job's `created_at`; 0: not known.
    bool operator==(const Run&) const = default;
  };
  bool has_hash = false;
  std::vector<Run> runs{};
};
/// Throws DecodeError.
Standing read_worker_standing(std::span<const redis::Reply> replies);

struct Settled {
  bool held = false;                 ///< False: the run had lost its job, and nothing was written.
  std::optional<Page> dependents{};  ///< The first of the jobs that wait for it, if any do.
};
Settled read_settled(const redis::Reply& reply);

}  // namespace rqpp::protocol
