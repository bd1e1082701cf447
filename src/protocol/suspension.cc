// One key for all workers, as in RQ (`rq.suspension`): while it exists, none starts another job.
// And one of our own for each queue, which Python's workers do not look at.

#include <algorithm>

#include "protocol/keys.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"

#include <rqpp/error.h>

namespace rqpp::protocol {

namespace {

redis::Batch set_for(std::string_view key, std::chrono::seconds duration) {
  redis::Batch batch;
  if (duration.count() > 0) return batch.add("SET", key, 1, "EX", duration.count());
  return batch.add("SET", key, 1);
}

}  // namespace

redis::Batch suspend(std::chrono::seconds duration) { return set_for(keys::kSuspended, duration); }

redis::Batch pause_queue(std::string_view queue, std::chrono::seconds duration) {
  return set_for(keys::paused(queue), duration);
}

redis::Batch resume_queue(std::string_view queue) {
  return redis::Batch{}.add("DEL", keys::paused(queue));
}

redis::Batch pauses(std::span<const std::string> queues) {
  redis::Batch batch;
  batch.add("MGET", keys::kSuspended);
  for (const std::string& queue : queues) batch.more(keys::paused(queue));
  return batch;
}

Pauses read_pauses(std::span<const std::string> queues, const redis::Reply& reply) {
  if (reply.elements.size() != queues.size() + 1) {
    throw DecodeError("MGET answered in an unknown form");
  }
  Pauses pauses{.suspended = !reply.elements[0].is_nil()};
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (!reply.elements[i + 1].is_nil()) pauses.queues.insert(queues[i]);
  }
  return pauses;
}

redis::Batch pause_ends(const Pauses& pauses) {
  redis::Batch batch;
  if (pauses.suspended) batch.add("PTTL", keys::kSuspended);
  for (const std::string& queue : pauses.queues) batch.add("PTTL", keys::paused(queue));
  return batch;
}

std::optional<std::chrono::milliseconds> read_first_end(std::span<const redis::Reply> replies) {
  constexpr std::int64_t kNever = -1;
  constexpr std::chrono::milliseconds kLatest = std::chrono::hours{24};
  std::optional<std::chrono::milliseconds> first;
  for (const redis::Reply& reply : replies) {
    if (reply.number == kNever) continue;
    // -2: it has ended since.
    const std::chrono::milliseconds left{std::max<std::int64_t>(reply.number, 0)};
    first = std::min(first.value_or(kLatest), left);
  }
  return first;
}

redis::Batch resume() { return redis::Batch{}.add("DEL", keys::kSuspended); }

redis::Batch suspension() { return redis::Batch{}.add("PTTL", keys::kSuspended); }

std::optional<Suspension> read_suspension(const redis::Reply& reply) {
  constexpr std::int64_t kNoSuchKey = -2;
  if (reply.number == kNoSuchKey) return std::nullopt;
  if (reply.number < 0) return Suspension{};
  return Suspension{.left = std::chrono::milliseconds{reply.number}};
}

}  // namespace rqpp::protocol
