#pragma once

#include <cstdint>
#include <optional>

namespace rqpp::cli {

/// How fast a count grows that is told late. A worker of RQ writes how many jobs it has done at the
/// end of each; one of rqpp adds them up and writes them when it falls idle, and each 30 s while it
/// is busy. So the rate is a mean over the time between two such moments, and holds until the next
/// one, or until it is plain that it was too high. Times are seconds on any clock that never goes
/// back.
class ToldRate {
 public:
  /// What is told by now. `Left::nothing`: the worker is at rest, and has told all.
  enum class Left { nothing, unknown };
  void take(std::int64_t count, Left left, double at);

  /// 0 or more; nothing as long as it is not known.
  std::optional<double> per_second() const { return rate_; }

 private:
  std::optional<std::int64_t> count_{};
  std::optional<double> told_at_{};  // all that was done until then is in the count
  double grown_ = 0;                 // by so much at that moment
  std::optional<double> rate_{};
};

}  // namespace rqpp::cli
