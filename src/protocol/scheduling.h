#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/batch.h"
#include "redis/reply.h"

#include <rqpp/time.h>

// What a scheduler writes and reads: the locks by which it and RQ's schedulers share the queues,
// and the way of a job from `rq:scheduled:<queue>` into its queue. As in transitions.h a function
// takes values and the time and returns commands.
namespace rqpp::protocol {

/// How many queues one call may name.
inline constexpr std::size_t kQueuesPerCall = 100;

struct SchedulerRecord {
  /// Digits only: the locks hold it, and RQ before 2.10 takes what they hold for a process id.
  std::string name{};
  std::string hostname{};
  std::int64_t pid = 0;
  std::vector<std::string> queues{};
  Time created_at{};

  bool operator==(const SchedulerRecord&) const = default;
};

/// Takes the queues that no scheduler serves, and keeps those that this scheduler has; at most
/// kQueuesPerCall. Cost: 1 script, 2 commands per queue.
redis::Batch hold_queues(std::string_view scheduler, std::span<const std::string> queues,
                         std::chrono::seconds lease);
struct QueueHold {
  bool ours = false;
  /// For how long it is another's at least; unset if nobody knows.
  std::optional<std::chrono::milliseconds> others_for{};

  bool operator==(const QueueHold&) const = default;
};
/// In the order of the queues.
std::vector<QueueHold> read_queue_holds(const redis::Reply& reply);

/// Gives queues up; at most kQueuesPerCall. Cost: 1 script, 2 commands per queue.
redis::Batch release_queues(std::string_view scheduler, std::span<const std::string> queues);

/// Says to RQ >= 2.10 who the scheduler is, for so long. Cost: 2 commands.
redis::Batch announce_scheduler(const SchedulerRecord& scheduler, std::chrono::seconds ttl,
                                Time now);
/// Cost: 1 command.
redis::Batch forget_scheduler(std::string_view scheduler);

/// Enqueues jobs that are due now, at most `most` of each queue, and 100 of all; writes nothing to
/// a queue whose lock is not this scheduler's. Cost: 1 script; 2 commands per job (1 more with a
/// ttl) and up to 5 per queue.
redis::Batch enqueue_due(std::string_view scheduler, std::span<const std::string> queues, int most,
                         Time now);
struct Moved {
  struct Dropped {
    std::string job_id{};
    std::string reason{};
    bool operator==(const Dropped&) const = default;
  };
  bool ours = true;  ///< False: the lock is another's, or has run out.
  std::int64_t count = 0;
  std::vector<Dropped> dropped{};
  std::string error{};  ///< Why nothing could be done for this queue; empty: it was.

  bool operator==(const Moved&) const = default;
};
/// In the order of the queues.
std::vector<Moved> read_moved(const redis::Reply& reply);

/// When the next job of each queue is due. Plain commands, so that Redis tracks what was read for a
/// connection that has asked for it. Cost: 1 command per queue.
redis::Batch next_due(std::span<const std::string> queues);
/// Nothing if no job waits.
std::optional<Time> read_next_due(const redis::Reply& reply);

/// Asks whether anybody schedules these queues, and whether anything waits there for that: retries
/// too. Cost: 2 commands per queue.
redis::Batch ask_who_schedules(std::span<const std::string> queues);
/// A queue whose scheduled jobs nobody would enqueue.
struct Unscheduled {
  std::string queue{};
  std::int64_t jobs = 0;  ///< 1 or more.

  bool operator==(const Unscheduled&) const = default;
};
std::vector<Unscheduled> read_who_schedules(std::span<const std::string> queues,
                                            std::span<const redis::Reply> replies);
/// For people: `no scheduler serves queue 'mail', where 3 jobs wait for their time: …`.
std::string to_text(const Unscheduled& unscheduled);

}  // namespace rqpp::protocol
