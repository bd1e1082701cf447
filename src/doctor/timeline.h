#pragma once

#include <cstddef>
#include <vector>

#include "doctor/facts.h"
#include "doctor/moment.h"
#include "doctor/reading.h"

namespace rqpp::doctor {

/// What a watch has seen, from its first moment to its last. Its memory is bounded: when it holds
/// kMostReadings, those of the older half are joined two by two.
class Timeline {
 public:
  static constexpr std::size_t kMostReadings = 20'000;

  /// Takes the next moment; one that is not later than the last is left out.
  void add(Moment moment);

  bool empty() const { return moments_ == 0; }
  std::size_t moments() const { return moments_; }  ///< How many were taken.
  const std::vector<Reading>& readings() const { return readings_; }
  const Moment& first() const { return first_; }
  const Moment& last() const { return last_; }

 private:
  void join_older_half();

  std::size_t moments_ = 0;
  Moment first_{};
  Moment last_{};
  std::vector<Reading> readings_{};
};

/// What is known of a server from having watched it: what diagnose() takes. All that only a visit
/// looks at is among the unseen.
Facts facts_of_watch(const Server& server, const Timeline& timeline);

}  // namespace rqpp::doctor
