#pragma once

#include <optional>
#include <string>
#include <vector>

#include "overview.h"
#include "protocol/worker_record.h"

#include <rqpp/time.h>

// What `rqpp top` reads from Redis, as values.
namespace rqpp::cli {

/// All names, sorted.
struct TopNames {
  std::vector<std::string> queues{};
  std::vector<std::string> workers{};
};

/// What one look saw: of at most a hundred queues and a hundred workers, whose turn it was.
struct TopSight {
  double at_seconds = 0;  ///< On a clock that never goes back.
  Time now{};             ///< On the clock of the workers, as far as theirs agree with ours.
  std::vector<QueueLine> queues{};
  std::vector<protocol::WorkerRecord> workers{};
  std::vector<std::string> gone{};  ///< Workers whose turn it was and that are not there; sorted.
  std::optional<TopNames> names{};  ///< Where they were read anew: whoever is not here has gone.
};

/// A job that a worker says it runs.
struct TopRun {
  std::string worker{};
  std::string job{};

  bool operator==(const TopRun&) const = default;
};

}  // namespace rqpp::cli
