#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include <rqpp/call.h>
#include <rqpp/detail/job_context.h>
#include <rqpp/enqueue_options.h>

namespace rqpp {

/// Tells a running job that it should end: handed down to loops and threads of the task.
class StopToken {
 public:
  /// Becomes true when the job is stopped or reaches its timeout, and stays true. One atomic read.
  bool stop_requested() const noexcept { return flag_->load(std::memory_order_relaxed); }

 private:
  friend class CurrentJob;
  explicit StopToken(const std::atomic<bool>& flag) : flag_(&flag) {}
  const std::atomic<bool>* flag_;
};

/// The job that is running now, as its task sees it. Copies speak of the same job; they, and the
/// StopToken, are valid until the task returns. Meant for one thread at a time, except for
/// `stop_requested` and StopToken.
///
///     rqpp::CurrentJob job = rqpp::current_job();
///     for (int page = 0; page < pages && !job.stop_requested(); ++page) {
///       render(page);
///       job.set_meta("page", page);
///       job.save_meta();
///     }
class CurrentJob {
 public:
  const std::string& id() const { return context_->id(); }

  /// The data that travels with the job: a dict, empty if there is none. Includes what was set
  /// here.
  const Value& meta() const { return context_->meta(); }
  /// Replaces the dict. Throws InvalidArgument if `meta` is neither a dict nor None.
  void set_meta(const Value& meta) { context_->set_meta(meta); }
  /// Sets one entry of the dict.
  void set_meta(std::string_view key, const Value& value) { context_->set_meta(key, value); }
  /// Makes the dict visible to everybody who looks at the job, while it runs. What was not saved is
  /// gone when the task returns. Throws ConnectionError if it cannot be handed over.
  void save_meta() { context_->save_meta(context_->meta()); }

  /// True once the task should end: it was stopped, or its timeout has passed. A task that ignores
  /// this is killed a little later.
  bool stop_requested() const noexcept { return stop_token().stop_requested(); }
  StopToken stop_token() const noexcept { return StopToken(context_->stop_flag()); }

  /// Enqueues a call from within the job and returns the new job's id. An empty `queue` is the
  /// queue that this job came from. Throws ConnectionError, and InvalidArgument for bad options and
  /// for unique jobs: whether there is one like it is known only later.
  std::string enqueue(const Call& call, const EnqueueOptions& options = {},
                      std::string_view queue = {}) {
    return context_->enqueue(call, options, queue);
  }

 private:
  friend CurrentJob current_job();
  explicit CurrentJob(detail::JobContext& context) : context_(&context) {}
  detail::JobContext* context_;
};

/// The job that runs on this thread. A thread that a task starts has none of its own: hand it a
/// copy. Throws TaskError outside of a job.
CurrentJob current_job();

/// Whether a job runs on this thread.
bool has_current_job() noexcept;

}  // namespace rqpp
