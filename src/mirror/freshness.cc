#include "mirror/freshness.h"

#include <utility>

namespace rqpp::mirror {

void Freshness::set_as_of(Clock::time_point then) {
  if (as_of_.load(std::memory_order_relaxed) == ticks(then)) return;
  {
    const std::lock_guard lock(state_);
    // What the copy holds is there for whoever sees this time.
    as_of_.store(ticks(then), std::memory_order_release);
  }
  news_.notify_all();
}

void Freshness::set_trouble(std::string why) {
  const std::lock_guard lock(state_);
  trouble_ = std::move(why);
}

Freshness::Clock::time_point Freshness::as_of_or(Clock::time_point otherwise) const noexcept {
  const Clock::rep as_of = as_of_.load(std::memory_order_acquire);
  return as_of == kNever ? otherwise : Clock::time_point{Clock::duration{as_of}};
}

std::string Freshness::last_error() const {
  const std::lock_guard lock(state_);
  return trouble_;
}

std::chrono::milliseconds Freshness::age(Clock::time_point now) const noexcept {
  constexpr Clock::time_point kNothing = Clock::time_point::min();
  const Clock::time_point then = as_of_or(kNothing);
  if (then == kNothing) return std::chrono::milliseconds::max();
  return std::chrono::ceil<std::chrono::milliseconds>(std::max(now - then, Clock::duration{0}));
}

}  // namespace rqpp::mirror
