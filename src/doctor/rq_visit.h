#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "doctor/key_scan.h"
#include "doctor/probe.h"
#include "doctor/rq_facts.h"

namespace rqpp::doctor {

/// Looks at queues, workers and jobs, twice with some time between. Costs 12 commands for each
/// queue that is looked at and 1 for each worker, 100 queues and 300 workers at most, and for each
/// job among the sampled keys 3, 200 jobs at most: nothing grows with a queue or a registry.
class RqVisit {
 public:
  explicit RqVisit(Probe& probe) : probe_(probe) {}

  /// `now_seconds` is Redis' time.
  void begin(std::int64_t now_seconds);
  /// Reads lengths again, and looks at the jobs and leaks among `keys`.
  void end(const std::vector<ScannedKey>& keys);
  /// Nothing where RQ has no key.
  std::optional<RqFacts> facts(const std::vector<ScannedKey>& keys) const;

 private:
  void look_at_queues(std::int64_t now_seconds);
  void look_at_workers();
  void look_again();
  void look_for_stuck(QueueFacts& queue, const std::vector<std::string>& ids);

  Probe& probe_;
  RqFacts facts_{};
  std::vector<std::vector<std::string>> on_their_way_{};  // ids, by queue
};

}  // namespace rqpp::doctor
