#pragma once

#include <string>
#include <string_view>

// Every key that rqpp reads or writes, with its Redis type. The names are RQ's, except those that
// begin with `rqpp:`, which no Python program looks at.
namespace rqpp::protocol::keys {

inline constexpr std::string_view kQueues = "rq:queues";  // set of queue keys
/// A sorted set of our own: who works with rqpp, and until when it counts as alive.
inline constexpr std::string_view kLeases = "rqpp:leases";
/// A sorted set of our own: jobs that have ended and whose dependents have not all been told.
inline constexpr std::string_view kReleases = "rqpp:releases";
/// Text of our own: somebody has cleaned up some minutes ago what belongs to no queue.
inline constexpr std::string_view kCommonMaintenance = "rqpp:maintenance";
inline constexpr std::string_view kGroups = "rq:groups";    // set of group names
inline constexpr std::string_view kWorkers = "rq:workers";  // set of worker keys
inline constexpr std::string_view kSuspended =
    "rq:suspended";  // text; workers pause while it exists

std::string queue(std::string_view name);       // list of job ids, next to run on the left
std::string job(std::string_view id);           // hash
std::string dependents(std::string_view id);    // set of ids that wait for this job
std::string dependencies(std::string_view id);  // set of ids that this job waits for
std::string results(std::string_view id);       // stream, newest last
std::string executions(std::string_view id);    // zset of execution ids
std::string execution(std::string_view id, std::string_view execution);  // hash

std::string wip(std::string_view queue);  // zset `<id>:<execution>`, score = abandoned when passed
std::string finished(std::string_view queue);   // zset of ids, score = forgotten when passed
std::string failed(std::string_view queue);     // the same, for failed and stopped jobs
std::string deferred(std::string_view queue);   // zset of ids
std::string scheduled(std::string_view queue);  // zset of ids, score = due
std::string canceled(std::string_view queue);   // zset of ids, score = moment of the cancel

std::string ready(std::string_view queue);  // zset of ids on their way into the queue, of RQ 3
std::string intermediate(std::string_view queue);  // list of ids popped, not yet started, of RQ
/// Text: when a cleaner first saw the id in the intermediate list.
std::string first_seen(std::string_view queue, std::string_view id);
std::string maintenance(std::string_view queue);  // text: somebody cleans the queue
std::string group(std::string_view name);         // set of job ids

std::string worker(std::string_view name);             // hash
std::string worker_executions(std::string_view name);  // set of `<id>:<execution>` that it runs now
std::string queue_workers(std::string_view queue);  // set of worker keys that listen to the queue

std::string scheduler_lock(std::string_view queue);  // text: who schedules the queue
std::string scheduler(std::string_view name);        // hash

inline constexpr std::string_view kCronSchedulers = "rq:cron_schedulers";  // zset of names
std::string cron_scheduler(std::string_view name);                         // hash

inline constexpr std::string_view kLimits = "rq:rl-keys";  // set of keys with a concurrency limit
std::string limit(std::string_view key);                   // hash: how many may be queued or run
std::string allowed(std::string_view key);       // zset of ids that are, score = since when
std::string rate_limited(std::string_view key);  // zset of ids that wait for it, the same
std::string cron_jobs(std::string_view entry);   // zset of ids, score = enqueued
/// Keys of our own. Who leads the copies of a cron file, as text, and a hash: by entry, for when it
/// ran last and as what job.
std::string cron_leader(std::string_view group);
std::string cron_runs(std::string_view group);

/// Text of our own: no worker of rqpp starts a job of this queue while it exists.
std::string paused(std::string_view queue);

/// Text of our own: how many writes of a BufferedProducer have been executed.
std::string write_count(std::string_view sender);

/// Text of our own: the id of the job that was enqueued for such a call, see codec/fingerprint.h.
std::string unique(std::string_view fingerprint);

/// A sorted set of our own: what a worker of rqpp has claimed and not ended yet,
/// `<id>:<execution>`, see scripts/shared/own.lua. Here and in `inbox` a worker is an incarnation,
/// see incarnation.h.
std::string runs(std::string_view worker);
/// List of ids that arrived for an idle worker and that it has not started yet. Ids stay here for
/// less than a round trip; the name says whose they are, so a crash leaves nothing to guess.
std::string inbox(std::string_view worker);
/// Exists within scripts only.
inline constexpr std::string_view kScratch = "rqpp:scratch";

/// The channel, no key, on which a worker takes commands (see control.h).
std::string commands(std::string_view worker);

/// The queue's name in `rq:queue:<name>`, or empty if this is no queue key.
std::string_view queue_name(std::string_view key);
/// The worker's name in `rq:worker:<name>`, or empty.
std::string_view worker_name(std::string_view key);

}  // namespace rqpp::protocol::keys
