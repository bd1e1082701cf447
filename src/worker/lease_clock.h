#pragma once

#include <chrono>

#include "worker/events.h"

namespace rqpp::worker {

/// When a worker renews its lease, and whether it may believe that others have let theirs run out.
///
/// A Redis that was away or slow has kept everybody from renewing. Whoever is first to reach it
/// again must not take the others for dead: it waits until they have had time to come back.
class LeaseClock {
 public:
  static constexpr std::chrono::seconds kLease{10};
  static constexpr std::chrono::seconds kRenewal{4};

  /// The connection stands: renew at `first`.
  void start(Moment::Steady now, Moment::Steady first) {
    due_ = first;
    trust_after_ = now + kComeBack;
  }
  Moment::Steady due() const { return due_; }
  void sent(Moment::Steady now) {
    if (now > due_ + kLate) trust_after_ = now + kComeBack;
    sent_ = now;
    due_ = now + kRenewal;
  }
  void acknowledged(Moment::Steady now) {
    if (now > sent_ + kLate) trust_after_ = now + kComeBack;
  }
  bool may_inherit(Moment::Steady now) const { return now >= trust_after_; }

 private:
  static constexpr std::chrono::seconds kLate{2};
  /// The longest wait of a worker that tries to connect again, and a renewal's way.
  static constexpr std::chrono::seconds kComeBack{6};

  Moment::Steady due_{};
  Moment::Steady sent_{};
  Moment::Steady trust_after_{};
};

}  // namespace rqpp::worker
