#pragma once

#include <chrono>

#include "redis/batch.h"
#include "worker/events.h"

namespace rqpp::worker {

/// What the end of a run writes. `result_ttl` serves jobs that name none.
redis::Batch settle(const Settle& end, std::chrono::seconds result_ttl);

}  // namespace rqpp::worker
