#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace rqpp::mirror {

/// Keys of which Redis has told that they changed, until Redis has said whether they exist.
class ChangedKeys {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kMost = 100'000;

  /// False when there are too many: then none is left, and everything must be read.
  bool add(const std::string& key);

  bool empty() const { return waiting_.empty(); }
  /// When the first of them came.
  TimePoint since() const { return since_; }
  void set_since(TimePoint now) { since_ = now; }
  /// Takes some, the first ones first. One of them that changes from now on is added again.
  std::vector<std::string> take(std::size_t most);
  /// So many of those taken are known now.
  void settled(std::size_t keys) { settled_ += keys; }

  /// All changes before `then` are among those that were added so far.
  void heard_all_before(TimePoint then);
  /// A moment: all changes before it are settled. Told once.
  std::optional<TimePoint> settled_before();

 private:
  void give_up();

  struct Heard {
    TimePoint then{};
    std::uint64_t added = 0;
  };

  std::deque<std::string> waiting_{};
  std::unordered_set<std::string> names_{};  // of those
  TimePoint since_{};
  std::uint64_t added_ = 0;
  std::uint64_t settled_ = 0;
  std::optional<Heard> heard_{};  // the oldest that is not settled
};

}  // namespace rqpp::mirror
