#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "worker/backlog.h"
#include "worker/frames.h"

namespace rqpp::worker {

/// The meta that running jobs save. Only a job's newest matters, so one write of a job is under way
/// at a time, and of what is saved meanwhile the newest waits.
class MetaWrites {
 public:
  struct Write {
    MetaSaved saved{};
    Receipt receipt{};
  };

  /// What is to be written now: this one, or nothing if it has to wait.
  std::optional<Write> save(Write write);
  /// A write of the job is done. What is to be written next.
  std::optional<Write> written(const std::string& job_id);
  /// The run is over. What is to be written before its end is.
  std::optional<Write> end(const std::string& job_id);
  /// Of those that a newer one has replaced since the last time.
  std::vector<Receipt> take_replaced() { return std::exchange(replaced_, {}); }

 private:
  struct Job {
    int under_way = 0;
    std::optional<Write> newest{};  // waits
  };

  std::map<std::string, Job> jobs_{};  // with a write under way
  std::vector<Receipt> replaced_{};
};

}  // namespace rqpp::worker
