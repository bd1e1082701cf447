#include "mirror/changed_keys.h"

#include <algorithm>
#include <utility>

namespace rqpp::mirror {

bool ChangedKeys::add(const std::string& key) {
  if (names_.contains(key)) return true;
  if (waiting_.size() == kMost) {
    give_up();
    return false;
  }
  names_.insert(key);
  waiting_.push_back(key);
  ++added_;
  return true;
}

void ChangedKeys::give_up() {
  settled_ += waiting_.size();
  waiting_.clear();
  names_.clear();
}

std::vector<std::string> ChangedKeys::take(std::size_t most) {
  std::vector<std::string> taken;
  while (!waiting_.empty() && taken.size() < most) {
    names_.erase(waiting_.front());
    taken.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return taken;
}

void ChangedKeys::heard_all_before(TimePoint then) {
  if (!heard_) heard_ = Heard{.then = then, .added = added_};
}

std::optional<ChangedKeys::TimePoint> ChangedKeys::settled_before() {
  if (!heard_ || settled_ < heard_->added) return std::nullopt;
  const TimePoint then = heard_->then;
  heard_.reset();
  return then;
}

}  // namespace rqpp::mirror
