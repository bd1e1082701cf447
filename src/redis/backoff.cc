#include "redis/backoff.h"

#include <algorithm>
#include <cmath>

namespace rqpp::redis {

std::chrono::milliseconds Backoff::wait(int attempt, double random) const {
  constexpr int kMostAttempts = 63;  // by then any cap is passed
  const int doublings = std::clamp(attempt, 1, kMostAttempts) - 1;
  const double most = std::min(std::ldexp(static_cast<double>(first.count()), doublings),
                               static_cast<double>(cap.count()));
  const double part = std::isnan(random) ? 1.0 : std::clamp(random, 0.0, 1.0);
  return std::chrono::milliseconds{std::llround(most / 2 * (1.0 + part))};
}

}  // namespace rqpp::redis
