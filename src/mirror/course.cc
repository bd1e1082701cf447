#include "mirror/course.h"

#include <algorithm>

namespace rqpp::mirror {

void Course::connected(bool hears_all, TimePoint now) {
  hears_all_ = hears_all;
  complete_ = false;
  began_.reset();
  rested_ = now;
  heard_ = {};
}

void Course::began(TimePoint now) {
  began_ = last_began_ = now;
  changed_since_begin_ = false;
  hurry_ = false;
}

void Course::ended(TimePoint now) {
  changed_ = changed_since_begin_;
  // Until the last push, or the last moment at which there was none, nothing has changed since it
  // began; so the copy is no older than before.
  const TimePoint known = hears_all_ && !changed_ ? std::max(*began_, heard_) : *began_;
  as_of_ = std::max(as_of_.value_or(known), known);
  began_.reset();
  complete_ = true;
  rested_ = now + timing_.min_resync_interval;
}

void Course::heard_all_before(TimePoint then) {
  heard_ = then;
  if (hears_all_ && complete_ && !changed_) as_of_ = std::max(*as_of_, then);
}

Course::TimePoint Course::due() const {
  if (!complete_ || changed_ || hurry_) return rested_;
  return std::max(rested_, last_began_ + timing_.resync_interval);
}

}  // namespace rqpp::mirror
