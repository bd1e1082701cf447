#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <rqpp/worker.h>

namespace rqpp::worker {

/// In which order a worker asks its queues for the next job, as its strategy says.
///
///     ordered      the first queue that has a job, always
///     round_robin  the queue that was served last comes last, as in RQ
///     random       another order for each question
///     weighted     each queue comes first as often as its weight says, evenly spread; a queue that
///                  was empty for long does not catch up
class QueueOrder {
 public:
  /// `weights`: one for each queue, 1 or more; none means 1 for all.
  QueueOrder(DequeueStrategy strategy, std::vector<std::string> queues, std::vector<int> weights,
             std::uint32_t seed);

  /// For the next claim.
  std::vector<std::string> next();
  /// A job came from this queue.
  void served(const std::string& queue);

 private:
  struct Entry {
    std::string queue{};
    std::int64_t weight = 1;
    std::int64_t credit = 0;  // how much it was served too little
  };

  DequeueStrategy strategy_;
  std::vector<Entry> entries_{};
  std::int64_t sum_ = 0;  // of the weights
  std::minstd_rand random_;
};

}  // namespace rqpp::worker
