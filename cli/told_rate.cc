#include "told_rate.h"

#include <algorithm>

#include "doctor/load.h"

namespace rqpp::cli {

void ToldRate::take(std::int64_t count, Left left, double at) {
  // A worker that was started anew under its name counts from zero.
  const auto grown = static_cast<double>(count_ ? doctor::growth(*count_, count) : 0);
  const double passed = told_at_ ? at - *told_at_ : 0;
  count_ = count;
  if (grown > 0 || left == Left::nothing) {
    rate_ = passed > 0 ? std::optional(grown / passed) : std::nullopt;
    told_at_ = at;
    grown_ = grown;
  } else if (rate_ && passed > 0) {
    // Had it gone on like that, more would have been told by now. Of one that was at rest and works
    // again nothing is known.
    rate_ = grown_ > 0 ? std::optional(std::min(*rate_, grown_ / passed)) : std::nullopt;
  }
}

}  // namespace rqpp::cli
