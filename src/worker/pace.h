#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rqpp::worker {

/// How long this worker's jobs take, and what follows for how many it takes ahead.
///
/// While jobs are over within milliseconds, most of a worker's time would go into asking Redis for
/// the next one. It takes some ahead, as many as it will have done in a moment, so that a horse
/// begins while Redis is told of the jobs before, and tells of those together. A job that takes
/// longer than that must not keep others waiting: what was taken ahead goes back.
class Pace {
 public:
  /// A job that was taken ahead waits no longer than this for a horse.
  static constexpr std::chrono::milliseconds kLongestWait{20};
  /// The end of a job is told to Redis no later than this.
  static constexpr std::chrono::milliseconds kLongestHold{5};
  /// So many ends are worth a write of their own: Redis keeps them while this process goes on.
  static constexpr std::size_t kManyEnds = 16;

  void ran(std::chrono::microseconds duration) {
    typical_ = typical_ ? (*typical_ * 3 + duration) / 4 : duration;
  }
  /// The job that runs now is not quick, however long it will take.
  void keeps_others_waiting() { ran(std::chrono::seconds{1}); }
  /// Jobs are worth taking before a horse is free.
  bool quick() const { return typical_ && *typical_ <= kQuick; }
  /// How many, for each horse: 0, or 1 to 32.
  int ahead() const {
    if (!quick()) return 0;
    const auto worth = kWorkAhead / std::max(*typical_, std::chrono::microseconds{1});
    return static_cast<int>(std::clamp<std::int64_t>(worth, 1, kMostAhead));
  }

 private:
  static constexpr std::chrono::milliseconds kQuick{5};
  static constexpr std::chrono::microseconds kWorkAhead{2000};
  static constexpr std::int64_t kMostAhead = 32;

  std::optional<std::chrono::microseconds> typical_{};  // a moving mean, the last four or so
};

}  // namespace rqpp::worker
