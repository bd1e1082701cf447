#pragma once

#include <chrono>
#include <vector>

namespace rqpp {

/// How many times a job runs again after it has succeeded, and how long it waits before each run.
/// A failure ends that.
///
///     queue.enqueue(poll_mail(box), {.repeat = {.times = 2, .intervals = {60s, 10s}}});
///
/// Jobs that wait need a scheduler, of rqpp or of RQ.
struct Repeat {
  int times = 1;                                  ///< Runs after the first one; 1 or more.
  std::vector<std::chrono::seconds> intervals{};  ///< Waits, 0 s or more; empty repeats at once.

  /// The wait before the next run, as RQ 3 (`Repeat.schedule`): times 2 of {60s, 10s} waits 60 s,
  /// then 10 s. With fewer intervals than runs the last one repeats: times 4 of {60s, 10s} waits
  /// 60 s, 10 s, 10 s, 10 s. Workers of RQ up to 2.12 take them from the back. Throws
  /// InvalidArgument unless 1 <= repeats_left <= times.
  [[nodiscard]] std::chrono::seconds next_wait(int repeats_left) const;

  bool operator==(const Repeat&) const = default;
};

}  // namespace rqpp
