#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rqpp/enqueue_options.h>
#include <rqpp/status.h>

namespace rqpp::protocol {

/// A task that is run when its job has ended in a certain way.
struct JobCallback {
  Status when = Status::finished;  ///< Or failed, or stopped.
  std::string task{};
  std::int64_t timeout_seconds = 60;
  /// It stands in RQ's own fields: its producer may mean a function of Python, which only Python
  /// has.
  bool foreign = false;

  bool operator==(const JobCallback&) const = default;
};

/// One of ours and one of RQ's for each of three ends.
inline constexpr std::size_t kMostCallbacks = 6;

/// The callbacks that the options name. Throws InvalidArgument for a name that is no task's, and
/// for a timeout below 1 s.
std::vector<JobCallback> new_callbacks(const EnqueueOptions& options);

/// The field `rqpp_callbacks`: `[{"task": "audit.note", "job_status": "finished", "timeout": 60}]`.
/// RQ's own fields would not do: a name in them that Python cannot import ends Python's workers.
/// Empty if there is none of ours.
std::string to_json(std::span<const JobCallback> callbacks);
/// Throws DecodeError.
std::vector<JobCallback> read_callbacks(std::string_view json);

}  // namespace rqpp::protocol
