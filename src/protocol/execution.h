#pragma once

#include <string>

namespace rqpp::protocol {

/// One run of one job by one worker. Its id is the fence: only the execution that stands in
/// `rq:wip` may settle the job.
struct Execution {
  std::string id{};  ///< UUID without dashes.
  std::string job_id{};
  std::string queue{};  ///< The job's origin; its registries are named after it.
  std::string worker{};
  /// Whether its own keys were written, which observers read. A run that is expected to be over
  /// within milliseconds does without, and `renew` shows it if it lasts.
  bool shown = true;

  bool operator==(const Execution&) const = default;
};

}  // namespace rqpp::protocol
