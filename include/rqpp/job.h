#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <rqpp/convert.h>
#include <rqpp/enqueue_options.h>
#include <rqpp/error.h>
#include <rqpp/job_info.h>
#include <rqpp/result_of.h>
#include <rqpp/status.h>
#include <rqpp/value.h>

namespace rqpp {

namespace client {
class Session;
}

struct RequeueOptions {
  bool at_front = false;  ///< Put the job at the front of its queue.
};

struct CancelOptions {
  /// Enqueue the jobs that depend on this one, as if it had finished.
  bool enqueue_dependents = false;
  /// Remove this job from the dependents of the jobs that it depends on.
  bool remove_from_dependencies = false;
};

struct RemoveOptions {
  bool dependents = false;  ///< Also delete its direct dependents, but not theirs.
};

/// A job in Redis, by its id, without the type of its result.
///
/// A handle is cheap to copy and holds only the id: every call is a Redis round trip, nothing is
/// cached. It keeps the connections of its Queue open and is as thread-safe as the Queue. All
/// methods may throw ConnectionError, TimeoutError (Redis does not answer) and CommandError, in
/// addition to the errors named below.
class JobHandle {
 public:
  [[nodiscard]] const std::string& id() const { return id_; }

  [[nodiscard]] bool exists() const;
  /// Throws NoSuchJob.
  [[nodiscard]] Status status() const;
  /// A consistent snapshot in 1 round trip, 2 for a scheduled job. Throws NoSuchJob, and
  /// DecodeError for a malformed field.
  [[nodiscard]] JobInfo info() const;

  /// The results of its runs, newest first. Redis keeps at least the last 10 per job and trims to
  /// about 100. Throws DecodeError for a malformed entry.
  [[nodiscard]] std::vector<Result> results(int max_results = 10) const;
  /// The error text of the newest result if that run failed, else empty.
  [[nodiscard]] std::string exc_info() const;

  /// The job's user-defined dict; empty by default. Throws NoSuchJob, DecodeError.
  [[nodiscard]] Value meta() const;
  /// Replaces the dict. Throws NoSuchJob, and InvalidArgument unless `meta` is a dict or None.
  void save_meta(const Value& meta);

  /// Cancels the job: no worker will start it. A running job is not interrupted, but its result is
  /// discarded. Idempotent. Throws NoSuchJob.
  ///
  /// Its dependents stay deferred unless an option says otherwise, which costs 2 more round trips
  /// and 1 per 100 dependents.
  void cancel(const CancelOptions& options = {});
  /// Puts a failed or stopped job back into its queue and keeps its old results. Throws NoSuchJob,
  /// and Error if the job is not in the failed registry.
  void requeue(const RequeueOptions& options = {});
  /// Deletes the job, its results, and its id in queues and registries. Like `cancel`, it does not
  /// interrupt a running job. Throws NoSuchJob.
  void remove(const RemoveOptions& options = {});

 protected:
  JobHandle(std::shared_ptr<client::Session> session, std::string id,
            std::optional<Serializer> serializer)
      : session_(std::move(session)), id_(std::move(id)), serializer_(serializer) {}

  std::optional<Value> newest_value() const;
  Value wait_for_value(std::chrono::milliseconds timeout) const;

  // shared: a job may outlive its queue.
  std::shared_ptr<client::Session> session_;
  std::string id_;
  std::optional<Serializer> serializer_;  // of its call; unset: to be seen in Redis
};

namespace detail {

/// T, or std::monostate for void.
template <class T>
using Returned = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// Throws DecodeError that says whose result it is.
[[noreturn]] void refuse_result(const std::string& job_id, const DecodeError& error);

template <class T>
Returned<T> read_result(const std::string& job_id, const Value& value) {
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    try {
      return from_value<T>(value);
    } catch (const DecodeError& error) {
      refuse_result(job_id, error);
    }
  }
}

}  // namespace detail

/// A job whose result is a T (or void), as `Queue::enqueue` returns it.
///
///     rqpp::Job<long> job = queue.enqueue(slow_fib(20));
///     long n = job.wait(10s);
template <class T = Value>
class Job : public JobHandle {
 public:
  /// The result of the last run, or nothing while the job has not ended. 1 round trip; does not
  /// wait.
  ///
  /// While a requeued job waits or runs again this is empty; earlier results are in `results()`.
  /// (RQ's `Job.return_value` returns the newest entry of any run.)
  ///
  /// Throws TaskError with the error text if the job failed, was stopped or canceled; NoSuchJob if
  /// the job or its result has expired or was deleted; DecodeError if the result is not plain data
  /// or not a T.
  [[nodiscard]] std::optional<detail::Returned<T>> result() const {
    const std::optional<Value> value = newest_value();
    if (!value) return std::nullopt;
    return detail::read_result<T>(id_, *value);
  }

  /// Blocks until the job has ended and returns its result. `timeout`: 0 s or more, or kForever.
  ///
  /// Uses a blocking read on a connection of its own; other threads are not delayed. A job that was
  /// canceled or deleted, or that stores no result (`result_ttl` 0 s), is noticed within 1 s at
  /// first, and within 1 min after long waits.
  ///
  /// Throws as `result()`, and TimeoutError when `timeout` has passed.
  T wait(std::chrono::milliseconds timeout = kForever) const {
    const Value value = wait_for_value(timeout);
    if constexpr (!std::is_void_v<T>) return detail::read_result<T>(id_, value);
  }

  /// The same job with an untyped result.
  [[nodiscard]] Job<Value> untyped() const { return Job<Value>(session_, id_, serializer_); }

 private:
  friend class Queue;
  template <class>
  friend class Job;
  Job(std::shared_ptr<client::Session> session, std::string id,
      std::optional<Serializer> serializer)
      : JobHandle(std::move(session), std::move(id), serializer) {}
};

/// A job whose result type is not known at compile time.
using AnyJob = Job<Value>;

/// Passes the result of a job as an argument of another one, and makes that one depend on it:
///
///     const auto cut = queue.enqueue(cut_film(path));                       // a Job<std::string>
///     queue.enqueue(add_sound(rqpp::result_of(cut), mp3));                  // a std::string
///
/// The compiler checks the type as for any argument. The worker reads the result when it claims the
/// dependent job; a job with several dependencies keeps the results that exist already. If the
/// result has expired (EnqueueOptions::result_ttl) or the dependency failed, the dependent job
/// fails with an error that says so. (Python RQ passes None.)
template <class T>
ResultOf<T> result_of(const Job<T>& job) {
  static_assert(!std::is_void_v<T>, "a job that returns nothing has no result to pass on");
  return {job.id()};
}
/// The same for an untyped job whose result type you state: `result_of<long>(queue.job(id))`.
template <class T>
ResultOf<T> result_of(const JobHandle& job) {
  return {job.id()};
}

}  // namespace rqpp
