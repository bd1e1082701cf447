#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rqpp/enqueue_options.h>
#include <rqpp/job.h>
#include <rqpp/queue.h>

namespace rqpp {

/// A named set of jobs in one or several queues. RQ's `Group`.
///
///     rqpp::Group group(queue, "report-42");
///     group.enqueue_many(queue.sibling("cpu"), renders);
///     group.enqueue_many(queue.sibling("io"), uploads);
///     group.enqueue_when_done(queue, rqpp::call("reports.publish", 42));
///
/// A Group holds a name and a connection; its members are read from Redis on each call. Any
/// producer can add jobs to it by EnqueueOptions::group. It exists as long as one of its jobs
/// exists. Thread-safe.
class Group {
 public:
  /// A group in the Redis of this queue. An empty name creates a random one.
  explicit Group(const Queue& queue, std::string name = {});

  [[nodiscard]] const std::string& name() const { return name_; }

  template <class R>
  Job<R> enqueue(Queue queue, const TypedCall<R>& call, EnqueueOptions options = {}) const {
    options.group = name_;
    return queue.enqueue(call, options);
  }
  /// As Queue::enqueue_many; `calls` are of type `TypedCall<R>` or `Call`.
  template <class AnyCall>
  auto enqueue_many(Queue queue, const std::vector<AnyCall>& calls,
                    EnqueueOptions options = {}) const {
    options.group = name_;
    return queue.enqueue_many(calls, options);
  }
  /// Enqueues a call that runs once after all current members have ended: finished, failed without
  /// a retry left, stopped, canceled or deleted. (If a Python worker stops the last one, the next
  /// maintenance run enqueues the call.) The call is not a member of the group. `depends_on` of
  /// `options` is replaced. Cost: that of a job with dependencies.
  template <class R>
  Job<R> enqueue_when_done(Queue queue, const TypedCall<R>& call,
                           EnqueueOptions options = {}) const {
    options.depends_on = Dependency(all_ids(), {.allow_failure = true, .allow_stop = true});
    return queue.enqueue(call, options);
  }

  /// The number of members, O(1). Expired jobs count until maintenance or `clean` removes them.
  [[nodiscard]] std::int64_t size() const;
  [[nodiscard]] bool exists() const { return size() > 0; }

  struct Page {
    std::vector<AnyJob> jobs{};
    std::string next{};  ///< The next `from`; empty after the last page.
  };
  /// A page of about 100 members, unordered (SSCAN). Members that are added or removed between
  /// pages may be missed. Start with an empty `from`.
  [[nodiscard]] Page jobs(std::string_view from = {}) const;

  /// Removes members whose jobs no longer exist, 100 per round trip. Returns their number.
  std::int64_t clean() const;
  /// Deletes all its jobs, 100 per round trip, and thereby the group. Returns their number.
  std::int64_t remove() const;

  /// The group with this name, if it has members.
  static std::optional<Group> fetch(const Queue& queue, std::string name);

 private:
  std::vector<std::string> all_ids() const;

  Queue queue_;
  std::string name_;
};

}  // namespace rqpp
