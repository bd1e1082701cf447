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

/// Takes calls from a producer to the workers.
///
///     rqpp::Queue queue;
///     auto job = queue.enqueue(slow_fib(20), {.timeout = 30s});
///     std::cout << job.wait() << '\n';
///
///     rqpp::Queue high{"high", {.url = "redis://queue-host/2"}};
///
/// A Queue may be used by several threads at once: its commands share one connection and take
/// turns, and each thread that waits for a job has a connection of its own meanwhile, so that
/// waiting holds up nobody. Copies share the connections. The first use connects; a process forked
/// after that makes connections of its own.
///
/// Everything that asks Redis throws ConnectionError, TimeoutError when Redis does not answer in
/// time, and CommandError. Where an enqueue ends in one of these, the job may be queued all the
/// same: repeat it with a `job_id` and `unique`, which throws DuplicateJob if it was queued.
class Queue {
 public:
  /// Throws InvalidArgument for a name that is empty or holds a comma, a bad URL, and a
  /// `default_timeout` that is neither 1 s or more nor kForever.
  explicit Queue(std::string name = "default", const QueueOptions& options = {});

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Another queue on the same connections.
  [[nodiscard]] Queue sibling(std::string name) const;
  /// Its finished, failed, started, deferred, scheduled or canceled jobs.
  [[nodiscard]] Registry registry(RegistryKind kind) const { return {session_, name_, kind}; }

  /// Puts a call into the queue: one round trip. Throws InvalidArgument for bad options and for
  /// arguments that the serializer cannot hold, and DuplicateJob (see EnqueueOptions::unique).
  template <class R>
  Job<R> enqueue(const TypedCall<R>& call, const EnqueueOptions& options = {}) {
    return handle<R>(put(call, options), options);
  }
  Job<Value> enqueue(const Call& call, const EnqueueOptions& options = {}) {
    return handle<Value>(put(call, options), options);
  }

  /// Puts a call into the queue at a later time, the next whole second; a time that has passed is
  /// now. Until then the job is `scheduled`, in one round trip as well; then whoever schedules the
  /// queue enqueues it: `rqpp worker --with-scheduler`, `rqpp scheduler`, or a scheduler of
  /// Python. As in RQ a `ttl` counts from now on, and anew when it is enqueued. Throws as
  /// `enqueue`, and InvalidArgument for a time outside the years 1970 to 9999.
  template <class R>
  Job<R> enqueue_at(Time due, const TypedCall<R>& call, const EnqueueOptions& options = {}) {
    return handle<R>(put(call, options, due), options);
  }
  Job<Value> enqueue_at(Time due, const Call& call, const EnqueueOptions& options = {}) {
    return handle<Value>(put(call, options, due), options);
  }

  /// The same after a while, 0 s or more: `queue.enqueue_in(10min, remind(user))`.
  template <class R>
  Job<R> enqueue_in(std::chrono::seconds delay, const TypedCall<R>& call,
                    const EnqueueOptions& options = {}) {
    return enqueue_at(after(delay), call, options);
  }
  Job<Value> enqueue_in(std::chrono::seconds delay, const Call& call,
                        const EnqueueOptions& options = {}) {
    return enqueue_at(after(delay), call, options);
  }

  /// Puts many calls into the queue: one round trip per thousand (or eight MiB). The first call
  /// runs first, at the front too. Throws as `enqueue`, and InvalidArgument if the options name a
  /// `job_id`. Nothing is enqueued then, but when Redis fails, some whole hundreds may be.
  template <class R>
  std::vector<Job<R>> enqueue_many(const std::vector<TypedCall<R>>& calls,
                                   const EnqueueOptions& options = {}) {
    return put_all<R>(pointers(calls), options);
  }
  std::vector<Job<Value>> enqueue_many(const std::vector<Call>& calls,
                                       const EnqueueOptions& options = {}) {
    return put_all<Value>(pointers(calls), options);
  }

  /// The same at a later time, see `enqueue_at`.
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
  /// Ids from place `offset` on, next to run first. `offset` is 0 or more, `count` 1 or more; Redis
  /// takes longer for more of them.
  [[nodiscard]] std::vector<std::string> ids(std::int64_t offset = 0,
                                             std::int64_t count = 100) const;
  /// Removes an id from the queue, so that no worker takes the job; the job itself stays. True if
  /// it was there. Takes longer in a longer queue.
  bool remove(std::string_view job_id);
  /// Deletes the jobs that are in the queue now, a hundred at a time, and returns how many.
  std::int64_t clear();
  /// The same, and the queue is no longer listed among the queues (RQ's `Queue.delete`), unless
  /// something was put into it meanwhile. What it has in its registries stays. A queue may be used
  /// again; it is listed again within a minute.
  std::int64_t remove_queue();

  /// A job of this Redis, of this or another queue, if there is one.
  [[nodiscard]] std::optional<AnyJob> fetch(std::string_view job_id) const;
  /// The handle of a job whose id and result type are known, without asking Redis. Throws
  /// InvalidArgument for an empty id.
  template <class T = Value>
  [[nodiscard]] Job<T> job(std::string_view job_id) const {
    return Job<T>(session_, checked_id(job_id), std::nullopt);
  }

  /// What `Job::result` says for each of these jobs of this Redis, in one round trip per hundred.
  /// Throws as it does for the first job that failed.
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

  /// Waits until all of these jobs of this Redis have ended. Throws as Job::wait for the first one
  /// that failed or was too late; `timeout` is for all together.
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
