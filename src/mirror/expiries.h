#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace rqpp::mirror {

/// When keys with a time to live expire, by our own clock. Redis tells of that only when it finds
/// the key expired, half a minute late where there are many such keys.
class Expiries {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// The key expires then, or has no time to live.
  void set(const std::string& key, std::optional<TimePoint> end);
  void clear();

  /// When the first of them expires; the end of all time if there is none.
  TimePoint first() const;
  /// Takes one that expires then or earlier.
  std::optional<std::string> take(TimePoint then);

  std::size_t size() const { return ends_.size(); }

 private:
  std::unordered_map<std::string, TimePoint> ends_{};
  std::set<std::pair<TimePoint, std::string_view>> order_{};  // of those keys
};

}  // namespace rqpp::mirror
