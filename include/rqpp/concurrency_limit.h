#pragma once

#include <string>

namespace rqpp {

/// Limits how many jobs that share a key are queued or running at the same time, whichever
/// queues they belong to and however many workers there are; the others wait (`rate_limited`) and
/// are queued as those end, the oldest first. RQ's `RateLimit`, of RQ 3: workers of older versions
/// run such jobs, and leave it to the maintenance of others to let the next ones in.
///
///     queue.enqueue(render(scene), {.concurrency_limit = {.key = "licence", .jobs = 3}});
struct ConcurrencyLimit {
  std::string key{};  ///< What is limited, 1 to 200 bytes; empty: no limit.
  int jobs = 1;       ///< 1 to 1,000,000. For all jobs of the key counts what was said last.

  bool operator==(const ConcurrencyLimit&) const = default;
};

}  // namespace rqpp
