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
  bool at_front = false;  ///< Run before the jobs that are in the queue already.
};

struct CancelOptions {
  /// Jobs that wait for this one need not any longer, as if it had returned.
  bool enqueue_dependents = false;
  /// The jobs that this one waits for forget it. (It would not be queued by their ends anyway.)
  bool remove_from_dependencies = false;
};

struct RemoveOptions {
  bool dependents =
      false;  ///< Delete the jobs that wait for this one, too, but not those of theirs.
};

/// A job in Redis, by its id: all that does not depend on the type of its result.
///
/// A handle is cheap to copy, remembers nothing of the job but its id, and asks Redis anew each
/// time. It keeps the connections of the Queue that it came from alive, and may like the Queue be
/// used by several threads. Besides what is said below everything throws ConnectionError,
/// TimeoutError when Redis does not answer, and CommandError.
class JobHandle {
 public:
  [[nodiscard]] const std::string& id() const { return id_; }

  [[nodiscard]] bool exists() const;
  /// Throws NoSuchJob.
  [[nodiscard]] Status status() const;
  /// Everything at one moment, in one round trip, or in two for a job that is scheduled. Throws
  /// NoSuchJob, and DecodeError for a field that nobody can read.
  [[nodiscard]] JobInfo info() const;

  /// The ends of its runs, the newest first: RQ keeps ten of a job at least, and up to about a
  /// hundred. Throws DecodeError for an entry of an unknown form.
  [[nodiscard]] std::vector<Result> results(int max_results = 10) const;
  /// The error's text of its newest result, if that is of type failed; else empty.
  [[nodiscard]] std::string exc_info() const;

  /// The dict that travels with the job; empty if there is none. Throws NoSuchJob, DecodeError.
  [[nodiscard]] Value meta() const;
  /// Replaces the dict. Throws NoSuchJob, and InvalidArgument if `meta` is neither a dict nor None.
  void save_meta(const Value& meta);

  /// Takes the job back: nobody will run it. A run that has begun is not interrupted, but its
  /// outcome is dropped. Does nothing if it was canceled before. Throws NoSuchJob.
  ///
  /// Jobs that wait for it wait on, unless the options say otherwise: 2 round trips more, and 1 per
  /// 100 of them.
  void cancel(const CancelOptions& options = {});
  /// Puts a failed or stopped job back into its queue. Its old results stay in `results()`. Throws
  /// NoSuchJob, and Error if the job is not among the failed ones.
  void requeue(const RequeueOptions& options = {});
  /// Deletes the job and its results, wherever it is; as `cancel` it interrupts no run. Throws
  /// NoSuchJob.
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

/// What an optional holds for a result of type T; of a task that returns nothing a monostate.
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
  /// The result if the job has ended, else nothing. Takes one round trip, and does not wait.
  ///
  /// It is that of the last run: while a job that was queued again waits or runs, there is nothing
  /// here, and what it returned before stands in `results()`. (RQ's `Job.return_value` hands out
  /// the newest entry, whichever run it came from.)
  ///
  /// Throws TaskError with the error's text if the job failed, was stopped or canceled, NoSuchJob
  /// if it is gone or its result is, DecodeError if the result is no plain data or not a T.
  [[nodiscard]] std::optional<detail::Returned<T>> result() const {
    const std::optional<Value> value = newest_value();
    if (!value) return std::nullopt;
    return detail::read_result<T>(id_, *value);
  }

  /// Waits for the result: Redis wakes us when it is there. `timeout` is 0 s or more, or kForever.
  ///
  /// Waiting takes a connection of its own, so that it holds up no other thread. That a job was
  /// canceled, deleted, or has left no result (a `result_ttl` of 0 s) is seen within a second at
  /// first, after long waits within a minute.
  ///
  /// Throws as `result()`, and TimeoutError if the job has not ended in time.
  T wait(std::chrono::milliseconds timeout = kForever) const {
    const Value value = wait_for_value(timeout);
    if constexpr (!std::is_void_v<T>) return detail::read_result<T>(id_, value);
  }

  /// The same job for whoever does not know the type of its result.
  [[nodiscard]] Job<Value> untyped() const { return Job<Value>(session_, id_, serializer_); }

 private:
  friend class Queue;
  template <class>
  friend class Job;
  Job(std::shared_ptr<client::Session> session, std::string id,
      std::optional<Serializer> serializer)
      : JobHandle(std::move(session), std::move(id), serializer) {}
};

/// A job whose result may be anything.
using AnyJob = Job<Value>;

/// The result of a job as an argument of another one, which so waits for it:
///
///     const auto cut = queue.enqueue(cut_film(path));                       // a Job<std::string>
///     queue.enqueue(add_sound(rqpp::result_of(cut), mp3));                  // a std::string
///
/// Its type must fit the parameter, as that of any argument. The worker reads it when it takes the
/// job; one that waits for others keeps a copy. If it is gone (EnqueueOptions::result_ttl), or the
/// job has failed, the one that wanted it fails with a text that says so. Python RQ passes None.
template <class T>
ResultOf<T> result_of(const Job<T>& job) {
  static_assert(!std::is_void_v<T>, "a job that returns nothing has no result to pass on");
  return {job.id()};
}
/// The same of a job whose type you know better: `result_of<long>(queue.fetch(id).value())`.
template <class T>
ResultOf<T> result_of(const JobHandle& job) {
  return {job.id()};
}

}  // namespace rqpp
