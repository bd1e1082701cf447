#pragma once

#include <optional>
#include <string>

#include <rqpp/time.h>

namespace rqpp::protocol {

/// One run of one job by one worker. Its id is the fence: only the execution that stands in
/// `rq:wip` may settle the job.
struct Execution {
  std::string id{};  ///< UUID without dashes.
  std::string job_id{};
  std::string queue{};  ///< The job's origin; its registries are named after it.
  std::string worker{};
  /// Whether observers see it: the job is started, and the run has keys of its own. One that is
  /// expected to be over within milliseconds does without, and `renew` shows it if it lasts.
  bool shown = true;
  std::optional<Time> started{};  ///< When it began, where that is known.

  bool operator==(const Execution&) const = default;
};

}  // namespace rqpp::protocol
