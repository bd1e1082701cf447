#include "mirror/expiries.h"

namespace rqpp::mirror {

void Expiries::set(const std::string& key, std::optional<TimePoint> end) {
  auto found = ends_.find(key);
  if (found != ends_.end()) order_.erase({found->second, found->first});
  if (!end) {
    if (found != ends_.end()) ends_.erase(found);
    return;
  }
  if (found == ends_.end()) found = ends_.emplace(key, *end).first;
  found->second = *end;
  order_.emplace(*end, found->first);
}

void Expiries::clear() {
  order_.clear();
  ends_.clear();
}

Expiries::TimePoint Expiries::first() const {
  return order_.empty() ? TimePoint::max() : order_.begin()->first;
}

std::optional<std::string> Expiries::take(TimePoint then) {
  if (first() > then || order_.empty()) return std::nullopt;
  std::string key(order_.begin()->second);
  set(key, std::nullopt);
  return key;
}

}  // namespace rqpp::mirror
