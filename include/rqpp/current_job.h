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

/// The running job, as seen by its task. Copies refer to the same job. Not thread-safe, except for
/// `stop_requested` and StopToken.
///
/// In a thread that outlives the task, `stop_requested` is true and methods that send something
/// throw TaskError. They also throw it in a process that the task has forked.
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

  /// The job's user-defined dict, including entries that were set but not saved; empty by default.
  [[nodiscard]] const Value& meta() const { return context_->meta(); }
  /// Replaces the dict. Throws InvalidArgument if `meta` is neither a dict nor None.
  void set_meta(const Value& meta) { context_->set_meta(meta); }
  /// Sets one entry of the dict.
  void set_meta(std::string_view key, const Value& value) { context_->set_meta(key, value); }
  /// Writes the dict to Redis while the job runs; unsaved changes are lost when the task returns.
  /// If Redis is slow, only the newest of several pending versions is written. Throws
  /// ConnectionError if the worker is gone, InvalidArgument above 64 MiB.
  void save_meta() {
    const auto turn = context_->turn_to_send();
    context_->save_meta(context_->meta());
  }

  /// True once the task should end: the job was stopped (`rqpp job stop`, RQ's stop-job), it
  /// reached its timeout, or its worker is stopping. A task that does not return within the grace
  /// period (`--grace`, 5 s) is killed.
  ///
  /// A task that has seen true counts as interrupted and its result is discarded: a stopped job
  /// ends as `stopped`, a timeout as `failed`, and with a stopping worker the job returns to the
  /// front of its queue (RetryLater and Snooze still apply). A task that never asks and returns
  /// within the grace period of a stopping worker is `finished`.
  [[nodiscard]] bool stop_requested() const noexcept { return context_->stop_requested(); }
  [[nodiscard]] StopToken stop_token() const noexcept { return StopToken(context_); }

  /// Enqueues a call through the worker's connection and returns the new job's id. An empty `queue`
  /// means the queue of this job. Blocks while Redis does not keep up. Throws ConnectionError, and
  /// InvalidArgument for options out of range, calls above 64 MiB, and unique jobs, since the
  /// answer of Redis is not available here.
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

/// The job of this thread. Pass a copy to threads that the task starts: they have no job of their
/// own. Throws TaskError outside of a job.
CurrentJob current_job();

/// Whether a job runs on this thread.
bool has_current_job() noexcept;

}  // namespace rqpp
