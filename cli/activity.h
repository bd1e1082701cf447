#pragma once

#include <optional>

namespace rqpp::cli {

/// How much happens somewhere, for an order of lines in which one passes another only when it is
/// clearly more active: a mean over the last ten seconds or so, in steps of powers of two that one
/// leaves only by a good part of a step.
class Activity {
 public:
  /// `amount` is 0 or more; `at` is in seconds, on a clock that never goes back.
  void take(double amount, double at);

  /// Higher is more active.
  int level() const { return level_; }

 private:
  static constexpr int kQuiet = -6;  // next to nothing: 1/64

  double mean_ = 0;
  std::optional<double> at_{};
  int level_ = kQuiet;
};

}  // namespace rqpp::cli
