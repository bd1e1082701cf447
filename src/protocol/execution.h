#pragma once

#include <optional>
#include <string>

#include <rqpp/time.h>

namespace rqpp::protocol {

/// One run of one job by one worker. Its id is the fence: only an execution that is among its
/// worker's runs (`keys::runs`), and in `rq:wip` if it is shown, may settle the job.
struct Execution {
  std::string id{};  ///< UUID without dashes.
  std::string job_id{};
  std::string queue{};   ///< The job's origin; its registries are named after it.
  std::string worker{};  ///< The incarnation, see incarnation.h.
  /// Whether observers see it: the job is started, and the run has keys of its own. One that is
  /// expected to be over within milliseconds does without, and `renew` shows it if it lasts.
  bool shown = true;
  /// Taken over from a worker that was lost: the job keeps that one's name and the time of its
  /// start.
  bool taken_over = false;
  /// The job's `created_at` as its hash had it when it was claimed, which tells it from another job
  /// of that id; empty where that is not known.
  std::string job_created{};
  std::string limit_key{};        ///< JobRecord::limit_key: the run has a slot, and gives it back.
  std::optional<Time> started{};  ///< When it began, where that is known.

  bool operator==(const Execution&) const = default;
};

}  // namespace rqpp::protocol
