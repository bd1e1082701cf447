#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include <rqpp/call.h>
#include <rqpp/enqueue_options.h>

namespace rqpp::detail {

/// What `rqpp::current_job()` speaks to: implemented by whoever runs the job.
class JobContext {
 public:
  /// `stop` is set from a signal handler, and must outlive the context. Meta that is no dict counts
  /// as empty.
  JobContext(std::string id, Value meta, const std::atomic<bool>& stop);
  JobContext(const JobContext&) = delete;
  JobContext& operator=(const JobContext&) = delete;
  virtual ~JobContext() = default;

  const std::string& id() const { return id_; }
  const Value& meta() const { return meta_; }
  void set_meta(const Value& meta);
  void set_meta(std::string_view key, const Value& value);
  const std::atomic<bool>& stop_flag() const noexcept { return stop_; }

  virtual void save_meta(const Value& meta) = 0;
  /// Returns the new job's id. An empty queue is the one that this job came from.
  virtual std::string enqueue(const Call& call, const EnqueueOptions& options,
                              std::string_view queue) = 0;

 private:
  static_assert(std::atomic<bool>::is_always_lock_free);

  std::string id_;
  Value meta_;
  const std::atomic<bool>& stop_;
};

/// Makes a context the current one of this thread while it lives; scopes nest.
class JobScope {
 public:
  explicit JobScope(JobContext& context) noexcept;
  JobScope(const JobScope&) = delete;
  JobScope& operator=(const JobScope&) = delete;
  ~JobScope();

 private:
  JobContext* outer_;
};

}  // namespace rqpp::detail
