#include "scheduler/deed.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "redis/failure.h"

#include <rqpp/error.h>

namespace rqpp::scheduler {
namespace {

using Replies = std::span<const redis::Reply>;
using Names = std::vector<std::string>;

/// One batch of a call for each hundred queues.
template <class Call>
redis::Batch for_each_hundred(const Names& queues, const Call& call) {
  redis::Batch batch;
  const std::span<const std::string> all(queues);
  for (std::size_t i = 0; i < all.size(); i += protocol::kQueuesPerCall) {
    batch.append(call(all.subspan(i, std::min(protocol::kQueuesPerCall, all.size() - i))));
  }
  return batch;
}

const redis::Reply& checked(const redis::Reply& reply) {
  if (reply.is_error()) throw CommandError(reply.text);
  return reply;
}

Seen read_seen(const Names& queues, Replies replies, const base::Log& log) {
  Seen seen;
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (replies[i].is_error()) {
      log.warning(fmt::format("Scheduler: cannot see the scheduled jobs of queue {}: {}", queues[i],
                              replies[i].text));
      seen.queues.push_back({queues[i], std::nullopt});
    } else {
      seen.queues.push_back({queues[i], protocol::read_next_due(replies[i])});
    }
  }
  return seen;
}

Held read_held(const Names& queues, Replies replies) {
  Held held;
  for (const redis::Reply& reply : replies) {
    for (const protocol::QueueHold& hold : protocol::read_queue_holds(checked(reply))) {
      if (held.queues.size() == queues.size()) break;
      held.queues.push_back({queues[held.queues.size()], hold.ours, hold.others_for});
    }
  }
  return held;
}

void tell(const std::string& queue, const protocol::Moved& moved, const base::Log& log) {
  if (moved.count > 0) {
    log.debug(fmt::format("Scheduler: enqueued {} jobs in queue {}", moved.count, queue));
  }
  for (const protocol::Moved::Dropped& each : moved.dropped) {
    log.warning(fmt::format("Scheduler: job {} of queue {} is scheduled no more: {}", each.job_id,
                            queue, each.reason));
  }
  if (!moved.error.empty()) {
    log.error(
        fmt::format("Scheduler: cannot enqueue what is due in queue {}: {}", queue, moved.error));
  }
}

Moved read_all(const Names& queues, Replies replies, const base::Log& log) {
  const std::vector<protocol::Moved> all = protocol::read_moved(checked(replies.front()));
  if (all.size() != queues.size()) throw DecodeError("there is not one answer for each queue");
  Moved moved;
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (redis::is_demotion(all[i].error)) throw CommandError(all[i].error);
    tell(queues[i], all[i], log);
    if (!all[i].ours) moved.lost.push_back(queues[i]);
    if (!all[i].error.empty()) moved.troubled.push_back(queues[i]);
  }
  moved.seen = read_seen(queues, replies.subspan(1), log);
  return moved;
}

}  // namespace

Deed deed_of(const Action& action, const protocol::SchedulerRecord& self,
             std::chrono::seconds lease, const base::Log& log, Time now) {
  const std::string& name = self.name;
  if (const auto* hold = std::get_if<Hold>(&action)) {
    return {for_each_hundred(hold->queues,
                             [&](auto some) { return protocol::hold_queues(name, some, lease); }),
            [queues = hold->queues](Replies replies) { return read_held(queues, replies); }};
  }
  if (const auto* move = std::get_if<Move>(&action)) {
    redis::Batch batch = protocol::enqueue_due(name, move->queues, move->most, now);
    batch.append(protocol::next_due(move->queues));
    return {std::move(batch), [queues = move->queues, log](Replies replies) {
              return read_all(queues, replies, log);
            }};
  }
  if (const auto* look = std::get_if<Look>(&action)) {
    return {protocol::next_due(look->queues), [queues = look->queues, log](Replies replies) {
              return read_seen(queues, replies, log);
            }};
  }
  const auto& release = std::get<Release>(action);
  redis::Batch batch = for_each_hundred(
      release.queues, [&](auto some) { return protocol::release_queues(name, some); });
  batch.append(protocol::forget_scheduler(name));
  return {std::move(batch), [](Replies) { return Released{}; }};
}

}  // namespace rqpp::scheduler
