#pragma once

#include <chrono>
#include <optional>

namespace rqpp::worker {

/// How long this worker's jobs take, and what follows for how early it takes the next one.
///
/// While jobs are over within milliseconds, most of a worker's time would go into asking Redis for
/// the next one: it takes one ahead, so that a horse begins while Redis is told of the job before.
/// A job that takes longer than that must not keep another waiting: what was taken ahead goes back.
class Pace {
 public:
  /// A job that was taken ahead waits no longer than this for a horse.
  static constexpr std::chrono::milliseconds kLongestWait{20};

  void ran(std::chrono::microseconds duration) {
    typical_ = typical_ ? (*typical_ * 3 + duration) / 4 : duration;
  }
  /// The next job is worth taking before a horse is free.
  bool quick() const { return typical_ && *typical_ <= kQuick; }

 private:
  static constexpr std::chrono::milliseconds kQuick{5};

  std::optional<std::chrono::microseconds> typical_{};  // a moving mean, the last four or so
};

}  // namespace rqpp::worker
