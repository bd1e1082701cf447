#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rqpp/call.h>
#include <rqpp/detail/job_context.h>
#include <rqpp/enqueue_options.h>

namespace rqpp {

/// Tells a running job that it should end: handed down to loops and threads of the task.
class StopToken {
 public:
  /// Becomes true when the job should end, see CurrentJob::stop_requested, or has ended, and stays
  /// true. Two atomic reads.
  [[nodiscard]] bool stop_requested() const noexcept { return context_->stop_requested(); }

 private:
  friend class CurrentJob;
  explicit StopToken(std::shared_ptr<detail::JobContext> context) : context_(std::move(context)) {}
  std::shared_ptr<detail::JobContext> context_;
};

/// The job that is running now, as its task sees it. Copies refer to the same job. Meant for one
/// thread at a time, except for `stop_requested` and StopToken.
///
/// A thread may outlive its task: then `stop_requested` is true, and what sends something throws
/// TaskError, as it does in a process that the task has forked.
///
///     rqpp::CurrentJob job = rqpp::current_job();
///     for (int page = 0; page < pages && !job.stop_requested(); ++page) {
///       render(page);
///       job.set_meta("page", page);
///       job.save_meta();
///     }
class CurrentJob {
 public:
  [[nodiscard]] const std::string& id() const { return context_->id(); }

  /// The data that travels with the job: a dict, empty if there is none. Includes what was set
  /// here.
  [[nodiscard]] const Value& meta() const { return context_->meta(); }
  /// Replaces the dict. Throws InvalidArgument if `meta` is neither a dict nor None.
  void set_meta(const Value& meta) { context_->set_meta(meta); }
  /// Sets one entry of the dict.
  void set_meta(std::string_view key, const Value& value) { context_->set_meta(key, value); }
  /// Makes the dict visible to everybody who looks at the job, while it runs. What was not saved is
  /// gone when the task returns. Of several that Redis has not taken yet only the newest is
  /// written. Throws ConnectionError if it cannot be handed over, InvalidArgument above 64 MiB.
  void save_meta() {
    const auto turn = context_->turn_to_send();
    context_->save_meta(context_->meta());
  }

  /// True once the task should end: it was stopped (`rqpp job stop`, RQ's stop-job), its timeout
  /// has passed, or its worker stops and waits no longer. A task that does not return within the
  /// grace period (`--grace`, 5 s) is killed.
  ///
  /// A task that has seen true counts as interrupted, and what it returns is dropped: a stopped job
  /// is `stopped`, one that is too late fails, and one whose worker stops goes back to the front of
  /// its queue (RetryLater and Snooze are still obeyed then). A task that never asks, and returns
  /// within the grace period of a stopping worker, is `finished`.
  [[nodiscard]] bool stop_requested() const noexcept { return context_->stop_requested(); }
  [[nodiscard]] StopToken stop_token() const noexcept { return StopToken(context_); }

  /// Enqueues a call from within the job and returns the new job's id. An empty `queue` is the
  /// queue that this job came from. Waits while Redis does not keep up. Throws ConnectionError, and
  /// InvalidArgument for bad options, for calls above 64 MiB, and for unique jobs: whether there is
  /// one like it is known only later.
  std::string enqueue(const Call& call, const EnqueueOptions& options = {},
                      std::string_view queue = {}) {
    const auto turn = context_->turn_to_send();
    return context_->enqueue(call, options, queue);
  }

 private:
  friend CurrentJob current_job();
  explicit CurrentJob(std::shared_ptr<detail::JobContext> context) : context_(std::move(context)) {}
  std::shared_ptr<detail::JobContext> context_;
};

/// The job that runs on this thread. A thread that a task starts has none of its own: hand it a
/// copy. Throws TaskError outside of a job.
CurrentJob current_job();

/// Whether a job runs on this thread.
bool has_current_job() noexcept;

}  // namespace rqpp
