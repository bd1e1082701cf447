#pragma once

#include <string>
#include <vector>

#include <rqpp/verbosity.h>

namespace rqpp {

/// How a scheduler works: the process that enqueues scheduled jobs when they are due.
struct SchedulerOptions {
  std::vector<std::string> queues{"default"};  ///< Whose scheduled jobs it enqueues.
  /// `redis://…`, `rediss://…`, `unix://…` or `private:`. Empty: what RQ_REDIS_URL, REDIS_URL,
  /// REDIS_HOST… say, else localhost:6379.
  std::string url{};
  Verbosity verbosity = Verbosity::normal;
  std::string log_format{"%H:%M:%S %v"};  ///< As spdlog's patterns; %v is the message.
};

/// Enqueues the jobs of `Queue::enqueue_at` and `enqueue_in`, and those of Python's, when they are
/// due, until SIGINT or SIGTERM. Any number may run for the same queues, RQ's schedulers among
/// them: one has each queue, and another takes over when it stops, or 30 s after its death. It
/// needs no module and runs no job.
///
/// Under systemd it says that it is ready, that it lives, and that it stops, as run_worker does.
///
/// Returns the exit code for the process: 0, or 1 if Redis cannot be reached at the start; it says
/// why in its log. Throws InvalidArgument for options outside their ranges.
int run_scheduler(const SchedulerOptions& options);

}  // namespace rqpp
