#pragma once

#include <cstdint>
#include <string>
#include <vector>

// What a visit found out about jobs, by commands whose cost does not grow with a queue, a registry
// or the number of workers.
namespace rqpp::doctor {

struct QueueFacts {
  std::string name{};
  std::int64_t length_before = 0;
  std::int64_t length_after = 0;
  std::int64_t workers = 0;    ///< Registered for it.
  std::int64_t started = 0;    ///< Runs in its `rq:wip`.
  std::int64_t abandoned = 0;  ///< Of these, late by kAbandonedFor: nobody will end them.
  std::int64_t finished = 0;
  std::int64_t failed = 0;
  std::int64_t canceled = 0;
  std::int64_t scheduled = 0;        ///< Jobs that wait for their time, retries too.
  bool has_scheduler = true;         ///< Somebody holds its lock.
  std::int64_t intermediate = 0;     ///< Ids on their way from the queue to a worker.
  std::vector<std::string> stuck{};  ///< Ids there, at both looks, of jobs that nobody started.

  bool operator==(const QueueFacts&) const = default;
};

/// A job that ends a Python worker which reads it, or that nobody can run.
struct BrokenJob {
  std::string id{};
  std::string what{};  ///< `its status is 'unknown'`

  bool operator==(const BrokenJob&) const = default;
};

/// A key that RQ left for ever.
struct Leak {
  enum class Kind { result, execution, ghost };

  /// result: the results of a job that is gone or will be. execution: what a run that is over left.
  /// ghost: a job's hash without its call, made by a late write after the job was deleted.
  Kind kind = Kind::result;
  std::string job_id{};
  std::string key{};

  bool operator==(const Leak&) const = default;
};

struct RqFacts {
  std::int64_t queues_registered = 0;
  std::vector<QueueFacts> queues{};  ///< Those looked at.
  std::int64_t workers_registered = 0;
  std::int64_t workers_looked_at = 0;
  std::vector<std::string> dead_workers{};  ///< Registered, without a hash.
  std::int64_t jobs_looked_at = 0;
  std::vector<BrokenJob> broken{};
  std::vector<Leak> leaks{};

  bool operator==(const RqFacts&) const = default;
};

}  // namespace rqpp::doctor
