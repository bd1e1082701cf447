#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "redis/connection.h"
#include "redis/settings.h"

namespace rqpp::cli {

enum class BudgetPlace {
  empty_database,  ///< One of the databases 15 to 1 in which there is no key.
  here             ///< That of the URL, under names that nobody else has.
};

/// Where a budget is measured: a queue of a random name on the user's Redis. All that was written
/// there goes with this object.
class BudgetSite {
 public:
  /// Throws Error when no database is empty, and as a Connection.
  BudgetSite(const redis::Settings& settings, BudgetPlace place);
  BudgetSite(const BudgetSite&) = delete;
  BudgetSite& operator=(const BudgetSite&) = delete;
  ~BudgetSite();

  const redis::Settings& settings() const { return connection_.settings(); }
  redis::Connection& connection() { return connection_; }
  const std::string& queue() const { return queues_.front(); }
  /// A second one, that no worker serves.
  const std::string& rest_queue() const { return queues_.back(); }
  /// The only name for workers: one runs at a time.
  const std::string& worker() const { return worker_; }
  /// Of the worker of that name, as its leases and runs call it; empty if there is none.
  std::string incarnation();
  /// An id that nobody has.
  std::string new_job_id();

  /// From now on this job goes, too.
  void take(std::string job_id) { jobs_.push_back(std::move(job_id)); }
  template <class Jobs>
  void take_all(const Jobs& jobs) {
    for (const auto& job : jobs) take(job.id());
  }
  /// Has Redis forget by itself, in ten minutes, the jobs taken until now: should we be killed.
  void let_expire();

  /// Removes everything; workers must have ended. Throws as a Connection.
  void remove();

 private:
  void claim_database(const redis::Settings& settings);
  void remove_jobs();
  void sweep();

  redis::Connection connection_;
  BudgetPlace place_;
  std::string token_;  // ends all our names
  std::vector<std::string> queues_{};
  std::string worker_{};
  std::vector<std::string> jobs_{};
  std::size_t expiring_ = 0;  // jobs_ before this one expire
  std::size_t named_ = 0;
  bool removed_ = false;
};

}  // namespace rqpp::cli
