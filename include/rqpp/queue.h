#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rqpp/call.h>
#include <rqpp/enqueue_options.h>
#include <rqpp/job.h>
#include <rqpp/queue_options.h>
#include <rqpp/registry.h>
#include <rqpp/task.h>
#include <rqpp/time.h>

namespace rqpp {

namespace in_memory {
class LocalWorker;
}

/// A named job queue in Redis: enqueues calls and gives access to their jobs.
///
///     rqpp::Queue queue;
///     auto job = queue.enqueue(slow_fib(20), {.timeout = 30s});
///     std::cout << job.wait() << '\n';
///
///     rqpp::Queue high{"high", {.url = "redis://queue-host/2"}};
///
/// Thread-safe. Commands share one connection; a thread that waits for a job uses a connection of
/// its own meanwhile, so it does not block others. Copies share the connections. The first use
/// connects. A process forked after that opens connections of its own.
///
/// All methods that use Redis may throw ConnectionError, TimeoutError (Redis does not answer in
/// time) and CommandError. After such an error from an enqueue, the job may have been queued. To
/// repeat an enqueue safely, use a `job_id` with `unique`: it throws DuplicateJob if the first
/// attempt succeeded.
class Queue {
 public:
  /// Throws InvalidArgument for an empty name, a name with a comma, a malformed URL, and a
  /// `default_timeout` below 1 s that is not kForever.
  explicit Queue(std::string name = "default", const QueueOptions& options = {});

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Another queue that shares the connections.
  [[nodiscard]] Queue sibling(std::string name) const;
  /// The registry of its finished, failed, started, deferred, scheduled or canceled jobs.
  [[nodiscard]] Registry registry(RegistryKind kind) const { return {session_, name_, kind}; }

  /// Enqueues a call in 1 round trip. Throws InvalidArgument for options out of range and for
  /// arguments that the serializer cannot represent, and DuplicateJob (see EnqueueOptions::unique).
  template <class R>
  Job<R> enqueue(const TypedCall<R>& call, const EnqueueOptions& options = {}) {
    return handle<R>(put(call, options), options);
  }
  Job<Value> enqueue(const Call& call, const EnqueueOptions& options = {}) {
    return handle<Value>(put(call, options), options);
  }

  /// Schedules a call for `due`, rounded up to the next second; a time in the past means now. 1
  /// round trip. The job has the status `scheduled` until a scheduler enqueues it: `rqpp worker
  /// --with-scheduler`, `rqpp scheduler`, or RQ's. As in RQ, `ttl` starts now and restarts when the
  /// job is enqueued. Throws as `enqueue`, and InvalidArgument for a year before 1970 or after
  /// 9999.
  template <class R>
  Job<R> enqueue_at(Time due, const TypedCall<R>& call, const EnqueueOptions& options = {}) {
    return handle<R>(put(call, options, due), options);
  }
  Job<Value> enqueue_at(Time due, const Call& call, const EnqueueOptions& options = {}) {
    return handle<Value>(put(call, options, due), options);
  }

  /// The same after a delay of 0 s or more: `queue.enqueue_in(10min, remind(user))`.
  template <class R>
  Job<R> enqueue_in(std::chrono::seconds delay, const TypedCall<R>& call,
                    const EnqueueOptions& options = {}) {
    return enqueue_at(after(delay), call, options);
  }
  Job<Value> enqueue_in(std::chrono::seconds delay, const Call& call,
                        const EnqueueOptions& options = {}) {
    return enqueue_at(after(delay), call, options);
  }

  /// Enqueues many calls: 1 round trip per 1,000 calls or 8 MiB. The first call runs first, also
  /// with `at_front`. Throws as `enqueue`, and InvalidArgument if the options have a `job_id`. On
  /// InvalidArgument nothing is enqueued; if Redis fails, complete batches of 100 may have been.
  template <class R>
  std::vector<Job<R>> enqueue_many(const std::vector<TypedCall<R>>& calls,
                                   const EnqueueOptions& options = {}) {
    return put_all<R>(pointers(calls), options);
  }
  std::vector<Job<Value>> enqueue_many(const std::vector<Call>& calls,
                                       const EnqueueOptions& options = {}) {
    return put_all<Value>(pointers(calls), options);
  }

  /// Schedules many calls, see `enqueue_at`.
  template <class R>
  std::vector<Job<R>> enqueue_many_at(Time due, const std::vector<TypedCall<R>>& calls,
                                      const EnqueueOptions& options = {}) {
    return put_all<R>(pointers(calls), options, due);
  }
  std::vector<Job<Value>> enqueue_many_at(Time due, const std::vector<Call>& calls,
                                          const EnqueueOptions& options = {}) {
    return put_all<Value>(pointers(calls), options, due);
  }

  [[nodiscard]] std::int64_t size() const;
  /// Ids starting at `offset` (0 or more), next to run first. O(offset + count).
  [[nodiscard]] std::vector<std::string> ids(std::int64_t offset = 0,
                                             std::int64_t count = 100) const;
  /// Removes an id from the queue but keeps the job. Returns whether it was queued. O(n) in the
  /// queue length (LREM).
  bool remove(std::string_view job_id);
  /// Deletes the jobs that are queued now, 100 per round trip. Returns their number.
  std::int64_t clear();
  /// Like `clear`, and removes the queue from `rq:queues` (RQ's `Queue.delete`) unless jobs were
  /// enqueued meanwhile. Its registries remain. A queue that is used again is listed again within a
  /// minute.
  std::int64_t remove_queue();

  /// The job with this id, of any queue of this Redis, if it exists.
  [[nodiscard]] std::optional<AnyJob> fetch(std::string_view job_id) const;
  /// A handle for a known id and result type. Does not use Redis. Throws InvalidArgument for an
  /// empty id.
  template <class T = Value>
  [[nodiscard]] Job<T> job(std::string_view job_id) const {
    return Job<T>(session_, checked_id(job_id), std::nullopt);
  }

  /// `Job::result` of each job, in 1 round trip per 100 jobs. Throws as `Job::result` for the first
  /// job that failed.
  template <class T>
  std::vector<std::optional<detail::Returned<T>>> results_of(
      const std::vector<Job<T>>& jobs) const {
    std::vector<std::optional<detail::Returned<T>>> results(jobs.size());
    const std::vector<std::optional<Value>> values = newest_values(ids_of(jobs));
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (values[i]) results[i] = detail::read_result<T>(jobs[i].id(), *values[i]);
    }
    return results;
  }

  /// Waits until all jobs have ended. `timeout` covers all of them together. Throws as `Job::wait`
  /// for the first job that failed or did not end in time.
  template <class T>
  std::vector<detail::Returned<T>> wait_all(const std::vector<Job<T>>& jobs,
                                            std::chrono::milliseconds timeout = kForever) const {
    std::vector<detail::Returned<T>> results;
    const std::vector<Value> values = wait_for_values(ids_of(jobs), timeout);
    results.reserve(jobs.size());
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      results.push_back(detail::read_result<T>(jobs[i].id(), values[i]));
    }
    return results;
  }

 protected:
  Queue(std::shared_ptr<client::Session> session, std::string name, const QueueOptions& options);

 private:
  friend class BufferedProducer;
  friend class Group;
  friend class in_memory::LocalWorker;

  std::string put(const Call& call, const EnqueueOptions& options, std::optional<Time> due = {});
  std::vector<std::string> put_many(std::span<const Call* const> calls,
                                    const EnqueueOptions& options, std::optional<Time> due);
  Time after(std::chrono::seconds delay) const;
  std::vector<std::optional<Value>> newest_values(const std::vector<std::string>& ids) const;
  std::vector<Value> wait_for_values(const std::vector<std::string>& ids,
                                     std::chrono::milliseconds timeout) const;
  static std::string checked_id(std::string_view job_id);
  std::string put_seen(const Call& call, const EnqueueOptions& options, std::optional<Time> due);
  EnqueueOptions seen(const Call& call, EnqueueOptions options) const;
  Serializer serializer_of(const EnqueueOptions& options) const {
    return options.serializer.value_or(options_.serializer);
  }

  template <class R>
  Job<R> handle(std::string id, const EnqueueOptions& options) const {
    return Job<R>(session_, std::move(id), serializer_of(options));
  }
  template <class AnyCall>
  static std::vector<const Call*> pointers(const std::vector<AnyCall>& calls) {
    std::vector<const Call*> result;
    result.reserve(calls.size());
    for (const AnyCall& call : calls) result.push_back(&call);
    return result;
  }
  template <class R>
  std::vector<Job<R>> put_all(const std::vector<const Call*>& calls, const EnqueueOptions& options,
                              std::optional<Time> due = {}) {
    std::vector<Job<R>> jobs;
    jobs.reserve(calls.size());
    for (std::string& id : put_many(calls, options, due)) {
      jobs.push_back(handle<R>(std::move(id), options));
    }
    return jobs;
  }
  template <class T>
  static std::vector<std::string> ids_of(const std::vector<Job<T>>& jobs) {
    std::vector<std::string> ids;
    ids.reserve(jobs.size());
    for (const Job<T>& job : jobs) ids.push_back(job.id());
    return ids;
  }

  std::shared_ptr<client::Session> session_;  // shared with copies, siblings and jobs
  std::string name_;
  QueueOptions options_;
};

}  // namespace rqpp
