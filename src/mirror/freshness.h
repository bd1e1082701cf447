#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include <rqpp/id_cache.h>

namespace rqpp::mirror {

/// How the copy follows Redis: said by one thread, asked by any.
class Freshness {
 public:
  using Clock = std::chrono::steady_clock;

  // The one who says.
  void set_as_of(Clock::time_point then);
  void set_pushes(IdCache::Pushes pushes) { pushes_.store(pushes, std::memory_order_relaxed); }
  void set_trouble(std::string why);

  Clock::time_point as_of_or(Clock::time_point otherwise) const noexcept;

  // Those who ask.
  /// The longest duration as long as it is not known at all.
  std::chrono::milliseconds age(Clock::time_point now) const noexcept;
  IdCache::Pushes pushes() const noexcept { return pushes_.load(std::memory_order_relaxed); }
  std::string last_error() const;
  /// Waits until the copy is as of `then` or later, and calls `nudge` before each time that it
  /// waits for news. False when the time is over.
  template <class Nudge>
  bool await(Clock::time_point then, Clock::time_point until, const Nudge& nudge) {
    std::unique_lock lock(state_);
    while (as_of_.load(std::memory_order_relaxed) < ticks(then)) {
      nudge();
      if (news_.wait_until(lock, until) == std::cv_status::timeout) {
        return as_of_.load(std::memory_order_relaxed) >= ticks(then);
      }
    }
    return true;
  }

 private:
  static constexpr Clock::rep kNever = INT64_MIN;
  static Clock::rep ticks(Clock::time_point when) { return when.time_since_epoch().count(); }

  std::atomic<Clock::rep> as_of_{kNever};
  std::atomic<IdCache::Pushes> pushes_{IdCache::Pushes::none};
  mutable std::mutex state_{};
  std::condition_variable news_{};
  std::string trouble_{};
};

}  // namespace rqpp::mirror
