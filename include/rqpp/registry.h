#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rqpp/job.h>
#include <rqpp/job_info.h>
#include <rqpp/registry_kind.h>

namespace rqpp {

/// Which jobs of a registry are meant. All that is given must hold; without anything, all are.
struct JobFilter {
  std::string error{};  ///< A part of the error's text of its newest run; upper case counts.
  std::string task{};   ///< The task's name: `fib.slow_fib`.
  /// It ended so long ago or, if it has not, was enqueued so long ago; 0 s or more.
  std::optional<std::chrono::seconds> older_than{};
  bool operator==(const JobFilter&) const = default;
};

/// Called after each slice: how many jobs were looked at, and of how many.
using Progress = std::function<void(std::int64_t looked_at, std::int64_t of)>;

/// One of a queue's registries. As a JobHandle it remembers nothing, asks Redis anew each time, and
/// throws ConnectionError, TimeoutError and CommandError.
///
///     rqpp::Registry failed = queue.registry(rqpp::RegistryKind::failed);
///     failed.requeue_all({.error = "disk full", .older_than = 1h});
///
/// To look never cleans up, unlike in RQ; what has expired is left out all the same. What concerns
/// many jobs goes in slices of a hundred, so that Redis is never held up. It concerns as many jobs
/// as there are at its beginning.
class Registry {
 public:
  [[nodiscard]] RegistryKind kind() const { return kind_; }
  [[nodiscard]] const std::string& queue() const { return queue_; }

  /// Takes the same time for any number.
  [[nodiscard]] std::int64_t count() const;
  /// Ids from place `offset` on, the first to be forgotten (or due) first. `offset` is 0 or more,
  /// `count` 1 or more; else it throws InvalidArgument.
  [[nodiscard]] std::vector<std::string> ids(std::int64_t offset = 0,
                                             std::int64_t count = 100) const;
  /// The jobs of `ids`, without those that are gone. Of one that nobody can read there is the id,
  /// and in `description` why.
  [[nodiscard]] std::vector<JobInfo> jobs(std::int64_t offset = 0, std::int64_t count = 100) const;

  /// What became of jobs.
  struct BulkResult {
    std::int64_t changed = 0;    ///< Requeued, or deleted.
    std::int64_t gone = 0;       ///< There was an id, and no job any more.
    std::int64_t unchanged = 0;  ///< Not meant, or no longer in this registry.
    bool operator==(const BulkResult&) const = default;
  };
  /// Puts failed jobs back into their queue; as JobHandle::requeue. Throws InvalidArgument for a
  /// registry of another kind.
  BulkResult requeue(std::span<const std::string> ids, const RequeueOptions& options = {});
  BulkResult requeue_all(const JobFilter& filter = {}, const RequeueOptions& options = {},
                         const Progress& progress = {});

  /// Deletes jobs, with their results and all that belongs to them. Throws InvalidArgument for the
  /// registry of running jobs: stop those, or cancel them.
  BulkResult remove(std::span<const std::string> ids);
  BulkResult remove_all(const JobFilter& filter = {}, const Progress& progress = {});
  /// Deletes jobs until `count`, 0 or more, are left: the first to be forgotten go first. Those
  /// that are kept for ever in `failed` stay and do not count.
  BulkResult trim(std::int64_t count, const Progress& progress = {});

 private:
  friend class Queue;
  Registry(std::shared_ptr<client::Session> session, std::string queue, RegistryKind kind)
      : session_(std::move(session)), queue_(std::move(queue)), kind_(kind) {}

  struct Change {
    std::function<BulkResult(std::span<const std::string>)> of{};
    bool leaves_gone = false;  // ids of jobs that are gone stay in the registry
  };
  BulkResult change_all(const JobFilter& filter, const Progress& progress,
                        const Change& change) const;
  std::vector<std::string> matching(std::span<const std::string> ids,
                                    const JobFilter& filter) const;
  BulkResult requeue_some(std::span<const std::string> ids, const RequeueOptions& options) const;
  BulkResult remove_some(std::span<const std::string> ids) const;
  void check_can_requeue() const;
  void check_can_remove() const;

  std::shared_ptr<client::Session> session_;  // shared with the queue and its jobs
  std::string queue_;
  RegistryKind kind_;
};

}  // namespace rqpp
