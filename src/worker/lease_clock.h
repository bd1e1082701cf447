#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "worker/events.h"

namespace rqpp::worker {

/// When a worker renews its lease, whether it still has it, and whether it may believe that others
/// have let theirs run out.
///
/// A Redis that was away or slow has kept everybody from renewing. Whoever is first to reach it
/// again must not take the others for dead: it waits until they have had time to come back.
class LeaseClock {
 public:
  static constexpr std::chrono::seconds kLease{10};
  static constexpr std::chrono::seconds kRenewal{4};

  /// The connection stands, and the lease was taken just now: renew it at `first`.
  void start(Moment::Steady now, Moment::Steady first) {
    due_ = first;
    ends_ = now + kLease;
    unanswered_.reset();
    trust_after_ = now + kComeBack;
  }
  Moment::Steady due() const { return due_; }
  void sent(Moment::Steady now) {
    if (now > due_ + kLate) trust_after_ = now + kComeBack;
    // The first one without an answer says how slow Redis is.
    if (!unanswered_) unanswered_ = now;
    due_ = now + kRenewal;
  }
  void acknowledged(Moment::Steady now) {
    if (!unanswered_) return;
    if (now > *unanswered_ + kLate) trust_after_ = now + kComeBack;
    ends_ = std::max(ends_, *unanswered_ + kLease);
    unanswered_.reset();
  }
  bool may_inherit(Moment::Steady now) const { return now >= trust_after_; }
  /// Beyond it others may have taken over what this worker claimed.
  bool holds(Moment::Steady now) const { return now < ends_; }

 private:
  static constexpr std::chrono::seconds kLate{2};
  /// The longest wait of a worker that tries to connect again, and a renewal's way.
  static constexpr std::chrono::seconds kComeBack{6};

  Moment::Steady due_{};
  Moment::Steady ends_{};
  std::optional<Moment::Steady> unanswered_{};
  Moment::Steady trust_after_{};
};

}  // namespace rqpp::worker
