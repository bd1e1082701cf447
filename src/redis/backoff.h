#pragma once

#include <chrono>

namespace rqpp::redis {

/// How long to wait before the next attempt to connect: doubling from `first` up to `cap`, and of
/// that a random part between the half and the whole, so that a fleet does not come back at once.
struct Backoff {
  std::chrono::milliseconds first{100};   ///< Above 0.
  std::chrono::milliseconds cap{10'000};  ///< At least `first`.

  /// `attempt` counts the failures so far, from 1; `random` is in [0, 1). Values outside are
  /// clamped.
  std::chrono::milliseconds wait(int attempt, double random) const;
};

}  // namespace rqpp::redis
