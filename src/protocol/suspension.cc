// One key for all workers, as in RQ (`rq.suspension`): while it exists, none starts another job.

#include "protocol/keys.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"

namespace rqpp::protocol {

redis::Batch suspend(std::chrono::seconds duration) {
  redis::Batch batch;
  if (duration.count() > 0) return batch.add("SET", keys::kSuspended, 1, "EX", duration.count());
  return batch.add("SET", keys::kSuspended, 1);
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
