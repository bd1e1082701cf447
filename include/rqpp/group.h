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

/// Jobs that belong together, in one queue or in several, under a name. RQ's `Group`.
///
///     rqpp::Group group(queue, "report-42");
///     group.enqueue_many(queue.sibling("cpu"), renders);
///     group.enqueue_many(queue.sibling("io"), uploads);
///     group.enqueue_when_done(queue, rqpp::call("reports.publish", 42));
///
/// A Group is a name and a connection; what belongs to it is asked of Redis anew each time, and may
/// be added to by anybody who names it in EnqueueOptions::group. It exists as long as one of its
/// jobs does. May be used by several threads.
class Group {
 public:
  /// A group of the Redis of this queue; without a name of a new one.
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
  /// Enqueues a call that runs once when all jobs that are in the group now have ended, however
  /// they did: returned, failed with no retry left, were stopped, canceled or deleted. (A worker of
  /// Python RQ that ends the last one by a stop leaves that to maintenance.) It does not belong to
  /// the group itself. Options of `depends_on` are ours here. Cost: as a job that waits for others.
  template <class R>
  Job<R> enqueue_when_done(Queue queue, const TypedCall<R>& call,
                           EnqueueOptions options = {}) const {
    options.depends_on = Dependency(all_ids(), {.allow_failure = true, .allow_stop = true});
    return queue.enqueue(call, options);
  }

  /// How many jobs it has. Those that have expired count until maintenance or `clean` was there.
  [[nodiscard]] std::int64_t size() const;
  [[nodiscard]] bool exists() const { return size() > 0; }

  struct Page {
    std::vector<AnyJob> jobs{};
    std::string next{};  ///< For `jobs`; empty behind the last page.
  };
  /// Its jobs, about a hundred at a time and in no order; one that comes or goes meanwhile may be
  /// missed. Start with an empty `from`.
  [[nodiscard]] Page jobs(std::string_view from = {}) const;

  /// Forgets the jobs that do not exist any more, a hundred at a time, and returns how many.
  std::int64_t clean() const;
  /// Deletes its jobs wherever they are, a hundred at a time, and so the group. Returns how many.
  std::int64_t remove() const;

  /// The group of this name, if it has jobs.
  static std::optional<Group> fetch(const Queue& queue, std::string name);

 private:
  std::vector<std::string> all_ids() const;

  Queue queue_;
  std::string name_;
};

}  // namespace rqpp
