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

/// Selects jobs of a registry. A job matches if it meets all conditions that are set.
struct JobFilter {
  std::string error{};  ///< A substring of its newest error text; case-sensitive.
  std::string task{};   ///< The task's name: `fib.slow_fib`.
  /// Minimum age since it ended or, if it has not ended, was enqueued; 0 s or more.
  std::optional<std::chrono::seconds> older_than{};
  bool operator==(const JobFilter&) const = default;
};

/// Called after each batch with the number of jobs processed so far and the total.
using Progress = std::function<void(std::int64_t processed, std::int64_t total)>;

/// One of a queue's registries. Every call is a Redis round trip, nothing is cached. All methods
/// may throw ConnectionError, TimeoutError and CommandError.
///
///     rqpp::Registry failed = queue.registry(rqpp::RegistryKind::failed);
///     failed.requeue_all({.error = "disk full", .older_than = 1h});
///
/// Reading is read-only: unlike RQ, it never removes expired entries, but it does not return them.
/// Bulk operations work in batches of 100 jobs and end after as many jobs as the registry had at
/// their start.
class Registry {
 public:
  [[nodiscard]] RegistryKind kind() const { return kind_; }
  [[nodiscard]] const std::string& queue() const { return queue_; }

  /// O(log n).
  [[nodiscard]] std::int64_t count() const;
  /// Ids starting at `offset`, earliest expiry (or due time) first. Throws InvalidArgument unless
  /// `offset` is 0 or more and `count` 1 or more.
  [[nodiscard]] std::vector<std::string> ids(std::int64_t offset = 0,
                                             std::int64_t count = 100) const;
  /// The jobs of `ids` that still exist. A malformed job has only its id, and the reason in
  /// `description`.
  [[nodiscard]] std::vector<JobInfo> jobs(std::int64_t offset = 0, std::int64_t count = 100) const;

  /// The outcome of a bulk operation.
  struct BulkResult {
    std::int64_t changed = 0;    ///< Requeued, or deleted.
    std::int64_t gone = 0;       ///< The id was listed, but the job no longer exists.
    std::int64_t unchanged = 0;  ///< Not matched, or no longer in this registry.
    bool operator==(const BulkResult&) const = default;
  };
  /// Requeues failed jobs as JobHandle::requeue does. Throws InvalidArgument unless this is the
  /// failed registry.
  BulkResult requeue(std::span<const std::string> ids, const RequeueOptions& options = {});
  BulkResult requeue_all(const JobFilter& filter = {}, const RequeueOptions& options = {},
                         const Progress& progress = {});

  /// Deletes jobs and all their data. Throws InvalidArgument for the started registry: stop or
  /// cancel those jobs instead.
  BulkResult remove(std::span<const std::string> ids);
  BulkResult remove_all(const JobFilter& filter = {}, const Progress& progress = {});
  /// Keeps the newest `count` jobs (0 or more) and deletes the rest. Failed jobs without an expiry
  /// are kept and do not count.
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
