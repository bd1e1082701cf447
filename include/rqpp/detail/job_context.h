#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <rqpp/call.h>
#include <rqpp/enqueue_options.h>

namespace rqpp::detail {

/// Whether a job was asked to stop, and whether it has noticed. Safe in signal handlers.
class StopFlag {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  void reset() noexcept {
    requested_.store(false, std::memory_order_relaxed);
    noticed_.store(false, std::memory_order_relaxed);
  }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }
  bool noticed() const noexcept { return noticed_.load(std::memory_order_relaxed); }
  /// What the task calls: `requested`, and remembers that the task has seen a request.
  bool notice() noexcept {
    if (!requested()) return false;
    noticed_.store(true, std::memory_order_relaxed);
    return true;
  }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free);

  std::atomic<bool> requested_{false};
  std::atomic<bool> noticed_{false};
};

/// What `rqpp::current_job()` speaks to: implemented by whoever runs the job. It outlives the job
/// for as long as a CurrentJob refers to it, but can send nothing once the job is over.
class JobContext {
 public:
  /// `stop` must outlive the job. Meta that is no dict counts as empty.
  JobContext(std::string id, Value meta, StopFlag& stop);
  JobContext(const JobContext&) = delete;
  JobContext& operator=(const JobContext&) = delete;
  virtual ~JobContext() = default;

  const std::string& id() const { return id_; }
  const Value& meta() const { return meta_; }
  void set_meta(const Value& meta);
  void set_meta(std::string_view key, const Value& value);
  /// True once the task should end, or has ended.
  bool stop_requested() const noexcept {
    return over_.load(std::memory_order_acquire) || stop_.notice();
  }

  /// The right to send something, held while it is sent. Throws TaskError if the job is over, and
  /// in a process that the task has forked.
  std::unique_lock<std::mutex> turn_to_send();
  /// The job is over. Waits for what is being sent.
  void end() noexcept;

  // With a turn.
  virtual void save_meta(const Value& meta) = 0;
  /// Returns the new job's id. An empty queue is the one that this job came from.
  virtual std::string enqueue(const Call& call, const EnqueueOptions& options,
                              std::string_view queue) = 0;

 private:
  std::string id_;
  Value meta_;
  StopFlag& stop_;
  int process_;  // its number
  std::atomic<bool> over_{false};
  std::mutex turn_{};
};

/// Makes a context the current one of this thread while it lives, then ends it; scopes nest.
class JobScope {
 public:
  explicit JobScope(std::shared_ptr<JobContext> context) noexcept;
  JobScope(const JobScope&) = delete;
  JobScope& operator=(const JobScope&) = delete;
  ~JobScope();

 private:
  std::shared_ptr<JobContext> context_;
  const std::shared_ptr<JobContext>* outer_;
};

}  // namespace rqpp::detail
