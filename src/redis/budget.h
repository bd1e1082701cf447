#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace rqpp::redis {

/// So many elements in a second, for whoever reads much and is in no hurry: says when the next page
/// may be asked for. What was not spent in time is lost, but for a moment's worth, so that a
/// wake-up that comes late costs nothing.
class Budget {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// 0: no limit.
  explicit Budget(std::int64_t per_second) : per_second_(per_second) {}

  /// When the next elements may be asked for; the past: now.
  TimePoint next() const { return next_; }
  void spend(std::int64_t elements, TimePoint now) {
    if (per_second_ == 0) return;
    const std::chrono::duration<double> worth{static_cast<double>(elements) /
                                              static_cast<double>(per_second_)};
    next_ = std::max(next_, now - kMoment) +
            std::chrono::duration_cast<std::chrono::nanoseconds>(worth);
  }

 private:
  static constexpr std::chrono::milliseconds kMoment{20};

  std::int64_t per_second_;
  TimePoint next_{};
};

}  // namespace rqpp::redis
