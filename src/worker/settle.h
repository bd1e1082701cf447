#pragma once

#include <chrono>
#include <span>

#include "redis/batch.h"
#include "worker/events.h"

namespace rqpp::worker {

/// What the end of a run writes. `result_ttl` serves jobs that name none.
redis::Batch settle(const Settle& end, std::chrono::seconds result_ttl);

/// Whether that may be left to `finish`, with others.
bool may_finish(const Settle& end);
/// What the ends of these runs of one queue write, see protocol::finish.
redis::Batch finish(std::span<const Settle> ends, std::chrono::seconds result_ttl, Time now);

}  // namespace rqpp::worker
