#pragma once

#include <chrono>
#include <string>

namespace rqpp {

/// At most `count` runs of the jobs that share a key begin within `per`, whichever queues they
/// stand in and however many workers there are. A job whose turn comes later is scheduled for it,
/// once, so it costs the same however many others wait. That needs a scheduler, `rqpp scheduler` or
/// a worker
/// `--with-scheduler`. Workers of Python do not know of it.
///
///     queue.enqueue(fetch(page), {.rate_limit = {.key = "example.com", .count = 10, .per = 60s}});
struct RateLimit {
  std::string key{};            ///< What is limited, 1 to 200 bytes; empty: no limit.
  int count = 1;                ///< 1 to 10,000.
  std::chrono::seconds per{1};  ///< 1 s to 366 days.

  bool operator==(const RateLimit&) const = default;
};

}  // namespace rqpp
