#pragma once

#include <chrono>
#include <functional>
#include <span>

#include "base/log.h"
#include "protocol/scheduling.h"
#include "redis/batch.h"
#include "redis/reply.h"
#include "scheduler/events.h"

namespace rqpp::scheduler {

/// An action as commands, and what their replies mean.
struct Deed {
  redis::Batch batch{};
  /// The replies, one per command. Throws CommandError for a refusal that is not about one queue.
  std::function<Event(std::span<const redis::Reply>)> read{};
};

/// What Redis is told for an action, which is none of Finish. What happens to jobs goes to the log.
Deed deed_of(const Action& action, const protocol::SchedulerRecord& self,
             std::chrono::seconds lease, const base::Log& log, Time now);

}  // namespace rqpp::scheduler
