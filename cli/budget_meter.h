#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "redis/connection.h"
#include "server_counts.h"

namespace rqpp::cli {

/// One line of a budget: what is done, and how often.
struct BudgetStep {
  std::string name{};
  /// What docs/protocol.md says: commands at most. Unset: it has no number for it.
  std::optional<double> stated{};
  int count = 1;  ///< So many are done at a time, and the cost is that of each.
  /// Something that does more than that does it: the cost of one is that of twice as many less that
  /// of `count`, divided.
  bool by_difference = false;
  std::function<void(int count)> prepare{};  ///< What is there before. Not measured; may be empty.
  std::function<void(int count)> act{};
};

/// What one costs Redis.
struct BudgetCost {
  double commands = 0;
  double cpu_microseconds = 0;
  double bytes = 0;
  std::optional<double> reads{};

  bool operator==(const BudgetCost&) const = default;
};

/// The cost of what was measured in several rounds, for each of `count`. Others can only add
/// commands, reads and bytes: the least is nearest. CPU goes both ways: it is the middle one.
BudgetCost cost_of(const std::vector<ServerCounts>& rounds, int count);

/// Counts what a server does meanwhile. What is asked for that is not counted, nor what every
/// connection begins with.
class BudgetMeter {
 public:
  explicit BudgetMeter(redis::Connection& connection) : connection_(connection) {}

  /// The cost of a step, done `rounds` times; `between_rounds` is called after each.
  BudgetCost measure(const BudgetStep& step, int rounds,
                     const std::function<void()>& between_rounds);
  /// What the server does while we do nothing.
  struct Rest {
    double commands_per_second = 0;  ///< Of others.
    double cpu_share = 0;            ///< Of one core.
  };
  /// Watches it; from then on the CPU that it takes at rest is no part of a cost.
  const Rest& watch_rest(std::chrono::milliseconds duration);

 private:
  ServerCounts during(const std::function<void()>& act);

  redis::Connection& connection_;
  Rest rest_{};
};

}  // namespace rqpp::cli
