#include "protocol/scheduling.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "codec/number_text.h"
#include "codec/timestamp.h"
#include "protocol/keys.h"
#include "protocol/scripts.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

constexpr double kEndOfTime =
    253'402'300'799;  // the last second of the year 9999, for readers in Python

std::vector<std::string> locks(std::span<const std::string> queues) {
  std::vector<std::string> keys;
  keys.reserve(queues.size());
  for (const std::string& queue : queues) keys.push_back(keys::scheduler_lock(queue));
  return keys;
}

[[noreturn]] void refuse(const char* script) {
  throw DecodeError(fmt::format("the {} script answered in an unknown form", script));
}

}  // namespace

redis::Batch hold_queues(std::string_view scheduler, std::span<const std::string> queues,
                         std::chrono::seconds lease) {
  return redis::Batch{}.call(scripts::hold_queues, locks(queues),
                             {std::string(scheduler), std::to_string(lease.count())});
}

std::vector<QueueHold> read_queue_holds(const redis::Reply& reply) {
  std::vector<QueueHold> holds;
  for (const redis::Reply& each : reply.elements) {
    QueueHold hold{.ours = each.number == -1};
    if (each.number >= 0) hold.others_for = std::chrono::milliseconds{each.number};
    holds.push_back(hold);
  }
  return holds;
}

redis::Batch release_queues(std::string_view scheduler, std::span<const std::string> queues) {
  return redis::Batch{}.call(scripts::release_queues, locks(queues), {std::string(scheduler)});
}

redis::Batch announce_scheduler(const SchedulerRecord& scheduler, std::chrono::seconds ttl,
                                Time now) {
  const std::string key = keys::scheduler(scheduler.name);
  redis::Batch batch;
  batch.add("HSET", key, "name", scheduler.name, "hostname", scheduler.hostname, "pid",
            scheduler.pid, "queues", fmt::format("{}", fmt::join(scheduler.queues, ",")),
            "created_at", codec::format_iso(scheduler.created_at), "last_heartbeat",
            codec::format_iso(now));
  return batch.add("EXPIRE", key, ttl.count());
}

redis::Batch forget_scheduler(std::string_view scheduler) {
  return redis::Batch{}.add("DEL", keys::scheduler(scheduler));
}

redis::Batch enqueue_due(std::string_view scheduler, std::span<const std::string> queues, int most,
                         Time now) {
  std::vector<std::string> args{std::string(scheduler), codec::format_epoch(now),
                                codec::format_iso(now), std::to_string(most)};
  args.insert(args.end(), queues.begin(), queues.end());
  return redis::Batch{}.call(scripts::enqueue_due, {}, args);
}

std::vector<Moved> read_moved(const redis::Reply& reply) {
  std::vector<Moved> all;
  for (const redis::Reply& each : reply.elements) {
    if (each.elements.size() != 3) refuse("enqueue_due");
    Moved moved{.ours = each.elements[0].text != "lost", .count = each.elements[1].number};
    if (moved.ours && each.elements[0].text != "ok") moved.error = each.elements[0].text;
    for (const redis::Reply& entry : each.elements[2].elements) {
      if (entry.elements.size() != 2) refuse("enqueue_due");
      moved.dropped.push_back({entry.elements[0].text, entry.elements[1].text});
    }
    all.push_back(std::move(moved));
  }
  return all;
}

redis::Batch next_due(std::span<const std::string> queues) {
  redis::Batch batch;
  for (const std::string& queue : queues) {
    batch.add("ZRANGE", keys::scheduled(queue), 0, 0, "WITHSCORES");
  }
  return batch;
}

std::optional<Time> read_next_due(const redis::Reply& reply) {
  if (reply.elements.size() < 2) return std::nullopt;
  // Anybody may write a score. What is before all time is due, what is behind it never is.
  const std::string& score = reply.elements[1].text;
  if (score.starts_with('-')) return Time{};
  const std::optional<double> seconds = codec::parse_number(score);
  if (!seconds || *seconds > kEndOfTime) return std::nullopt;
  return codec::parse_epoch(score);
}

redis::Batch ask_who_schedules(std::span<const std::string> queues) {
  redis::Batch batch;
  for (const std::string& queue :
       queues) {  // O(1) each; at a start, each 600 s, each refresh of `top`
    batch.add("ZCARD", keys::scheduled(queue)).add("EXISTS", keys::scheduler_lock(queue));
  }
  return batch;
}

std::vector<Unscheduled> read_who_schedules(std::span<const std::string> queues,
                                            std::span<const redis::Reply> replies) {
  if (replies.size() != 2 * queues.size()) {
    throw DecodeError("who schedules a queue has two replies");
  }
  std::vector<Unscheduled> found;
  for (std::size_t i = 0; i < queues.size(); ++i) {
    const redis::Reply& jobs = replies[2 * i];
    const redis::Reply& lock = replies[2 * i + 1];
    // A key of another type, or one that this user may not read, tells nothing.
    if (jobs.is_error() || lock.is_error() || jobs.number == 0 || lock.number != 0) continue;
    found.push_back({queues[i], jobs.number});
  }
  return found;
}

std::string to_text(const Unscheduled& unscheduled) {
  return fmt::format(
      "no scheduler serves queue '{}', where {} {} for {} time: start `rqpp scheduler {}` or a "
      "worker "
      "--with-scheduler",
      unscheduled.queue, unscheduled.jobs, unscheduled.jobs == 1 ? "job waits" : "jobs wait",
      unscheduled.jobs == 1 ? "its" : "their", unscheduled.queue);
}

}  // namespace rqpp::protocol
