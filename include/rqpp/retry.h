#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace rqpp {

/// Waits that grow: `first`, `first * factor`, `first * factor²`, … up to `longest`.
///
///     using rqpp::Backoff;
///     queue.enqueue(fetch_page(url), {.retry = {.max = 8, .backoff = Backoff{.jitter = 0.5}}});
struct Backoff {
  std::chrono::seconds first{1};        ///< 1 s or more.
  double factor = 2;                    ///< 1 or more.
  std::chrono::seconds longest{3'600};  ///< `first` or more.
  /// 0 to 1: how much of each wait is left to chance, so that jobs that failed together do not come
  /// back together. With 0.5 a wait of 60 s becomes one of 30 to 60 s.
  double jitter = 0;

  bool operator==(const Backoff&) const = default;
};

/// The first `count` (0 to 1000) waits in whole seconds, rounded up. One seed gives the same waits
/// each time. Throws InvalidArgument for values out of range.
std::vector<std::chrono::seconds> exponential_backoff(const Backoff& backoff, int count,
                                                      std::uint64_t seed);

/// How many times a failed job runs again, and how long it waits before each rerun.
///
///     queue.enqueue(fetch_page(url), {.retry = {.max = 3, .intervals = {10s, 60s}}});
///
/// Jobs that wait need a scheduler, of rqpp or of RQ. A task can also return a Retry, or throw what
/// run_again.h has.
struct Retry {
  int max = 1;                                    ///< Reruns after the first run; 1 or more.
  std::vector<std::chrono::seconds> intervals{};  ///< Waits, 0 s or more; empty reruns at once.
  /// Instead of intervals: they are computed when a job is enqueued, with a jitter of its own for
  /// each job, and written as RQ's list, for at most 1000 reruns.
  std::optional<Backoff> backoff{};
  bool at_front = false;  ///< Rerun before the jobs already in the queue.

  /// The wait before the next rerun; that of a backoff without its jitter. With fewer intervals
  /// than reruns the first one repeats, as in RQ (`Job.get_retry_interval`): max 3 of {10s, 60s}
  /// waits 10 s, 10 s, 60 s. With more of them the first ones are left out.
  /// Throws InvalidArgument unless 1 <= retries_left <= max.
  [[nodiscard]] std::chrono::seconds next_wait(int retries_left) const;

  bool operator==(const Retry&) const = default;
};

namespace detail {
/// Throws InvalidArgument for values out of range.
void check_retry(const Retry& retry);
/// Throws InvalidArgument unless it is 0 s or more, and 10^10 s at most.
void check_wait(const char* option, std::chrono::seconds wait);
}  // namespace detail

}  // namespace rqpp
