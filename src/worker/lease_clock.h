#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include "worker/events.h"

namespace rqpp::worker {

/// When a worker renews its lease, whether it still has it, and whether it may believe that others
/// have let theirs run out.
///
/// A Redis that was away or slow has kept everybody from renewing. Whoever is first to reach it
/// again must not take the others for dead: it waits until they have had time to come back. So it
/// does when Redis' clock, by which leases end, has jumped.
class LeaseClock {
 public:
  static constexpr std::chrono::seconds kLease{10};
  static constexpr std::chrono::seconds kRenewal{4};

  /// The connection stands, and the lease was taken just now: renew it at `first`.
  void start(Moment::Steady now, Moment::Steady first) {
    due_ = first;
    ends_ = now + kLease;
    unanswered_.reset();
    answer_.reset();
    trust_after_ = now + kComeBack;
  }
  Moment::Steady due() const { return due_; }
  void sent(Moment::Steady now) {
    if (now > due_ + kLate) trust_after_ = now + kComeBack;
    // The first one without an answer says how slow Redis is.
    if (!unanswered_) unanswered_ = now;
    due_ = now + kRenewal;
  }
  /// `ends`: of the lease, in seconds of Redis' clock; 0 if that is not known.
  void acknowledged(Moment::Steady now, double ends) {
    if (!unanswered_) return;
    if (now > *unanswered_ + kLate || has_jumped(now, ends)) trust_after_ = now + kComeBack;
    ends_ = std::max(ends_, *unanswered_ + kLease);
    unanswered_.reset();
  }
  bool may_inherit(Moment::Steady now) const { return now >= trust_after_; }
  /// Beyond it others may have taken over what this worker claimed.
  bool holds(Moment::Steady now) const { return now < ends_; }

 private:
  /// Redis' clock was set: it went on by another time than ours. Then the leases of the living may
  /// have run out as well.
  bool has_jumped(Moment::Steady now, double ends) {
    const auto before =
        std::exchange(answer_, ends == 0 ? std::nullopt : std::optional(Answer{now, ends}));
    if (!before || !answer_) return false;
    const std::chrono::duration<double> here = now - before->at;
    return std::abs(ends - before->ends - here.count()) >
           std::chrono::duration<double>(kLate).count();
  }

  struct Answer {
    Moment::Steady at{};
    double ends = 0;
  };

  static constexpr std::chrono::seconds kLate{2};
  /// The longest wait of a worker that tries to connect again, and a renewal's way.
  static constexpr std::chrono::seconds kComeBack{6};

  Moment::Steady due_{};
  Moment::Steady ends_{};
  std::optional<Moment::Steady> unanswered_{};
  std::optional<Answer> answer_{};  // the last one
  Moment::Steady trust_after_{};
};

}  // namespace rqpp::worker
