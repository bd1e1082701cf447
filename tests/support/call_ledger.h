#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/slow_log.h"

namespace rqpp::test {

/// What Redis executed, by classes of calls (see class_of), and what was wrong with it.
class CallLedger {
 public:
  /// `feature` is what was done meanwhile. `may_search` is whether it is known to look through a
  /// whole list (LREM).
  void enter(const std::vector<ExecutedCall>& calls, std::string_view feature, bool may_search);

  /// The calls that broke a rule, one of each class.
  std::vector<std::string> broken_rules() const;
  /// Scripts, the median of whose calls took so long.
  std::set<std::string> long_scripts(std::chrono::microseconds limit) const;
  /// The classes of which too many calls took so long: more than one in twenty.
  std::set<std::string> slow_classes(std::chrono::microseconds limit) const;
  /// The calls that took so long, one of each class, and how many they are, for people.
  std::string slow_calls(std::chrono::microseconds limit) const;

  std::size_t calls() const;
  /// For people: a line for each class, the dearest first.
  std::string to_text(std::size_t at_most) const;

 private:
  struct Class {
    std::size_t slower_than(std::chrono::microseconds limit) const;

    std::vector<std::chrono::microseconds> durations{};
    std::string longest{};  // its words
    std::chrono::microseconds longest_duration{};
  };
  std::map<std::string, Class> classes_{};
  std::map<std::string, std::string> broken_{};
};

}  // namespace rqpp::test
