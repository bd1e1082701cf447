#include "activity.h"

#include <algorithm>
#include <cmath>

namespace rqpp::cli {

void Activity::take(double amount, double at) {
  constexpr double kMemory = 10;  // seconds
  constexpr double kMargin = 0.25;
  const double weight = at_ ? 1 - std::exp(-std::max(at - *at_, 0.0) / kMemory) : 1;
  mean_ += (amount - mean_) * weight;
  const double step = std::log2(std::max(mean_, std::exp2(kQuiet)));
  const bool first = !at_;
  if (first || step < level_ - kMargin || step >= level_ + 1 + kMargin) {
    level_ = static_cast<int>(std::floor(step));
  }
  at_ = at;
}

}  // namespace rqpp::cli
