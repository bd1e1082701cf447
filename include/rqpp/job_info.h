#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rqpp/call.h>
#include <rqpp/enqueue_options.h>
#include <rqpp/status.h>
#include <rqpp/time.h>
#include <rqpp/usage.h>
#include <rqpp/value.h>

namespace rqpp {

/// A snapshot of a job in Redis. Fields that are missing in Redis are unset.
struct JobInfo {
  std::string id{};
  std::string queue{};             ///< RQ's `origin`.
  std::optional<Status> status{};  ///< Unset if the job's hash has none.
  std::string description{};       ///< `fib.slow_fib(20)` by default.
  std::string worker{};            ///< The worker that runs it or ran it last.
  std::optional<Time> created_at{};
  std::optional<Time> enqueued_at{};
  std::optional<Time> due_at{};  ///< When a scheduled job is to be enqueued.
  std::optional<Time> started_at{};
  std::optional<Time> ended_at{};
  std::optional<Time> last_heartbeat{};               ///< Of the run.
  std::optional<std::chrono::seconds> timeout{};      ///< May be kForever.
  std::optional<std::chrono::seconds> result_ttl{};   ///< May be kForever.
  std::optional<std::chrono::seconds> failure_ttl{};  ///< May be kForever.
  std::optional<std::chrono::seconds> ttl{};          ///< How long it may wait in its queue.
  std::vector<std::string> dependency_ids{};          ///< The jobs that it waited or waits for.
  std::string group{};                                ///< The name of its group, or empty.
  std::optional<std::int64_t> retries_left{};         ///< Reruns that may follow failures.
  std::int64_t number_of_retries = 0;                 ///< Reruns that its task has asked for.
  std::optional<std::int64_t> repeats_left{};         ///< Runs that follow a success.
  RateLimit rate_limit{};                             ///< Of its runs; no key: none.
  ConcurrencyLimit concurrency_limit{};               ///< Likewise.
  std::vector<Webhook> webhooks{};                    ///< Empty if the field is malformed.
  std::string serialized_call{};                      ///< As in Redis, for `call()`.
  std::string serialized_meta{};                      ///< As in Redis, for `meta()`.

  /// What the job does. Throws DecodeError if the call is damaged or only Python can make it.
  [[nodiscard]] Call call() const;
  /// The job's user-defined dict; empty by default. Throws DecodeError.
  [[nodiscard]] Value meta() const;

  bool operator==(const JobInfo&) const = default;
};

/// How one run of a job ended. RQ keeps about the last ten of a job.
struct Result {
  /// RQ's numbers. A stopped job's result is of type `failed`, as RQ never writes `stopped`.
  enum class Type : std::int8_t {
    successful = 1,
    failed = 2,
    stopped = 3,
    retried = 4,               ///< The task asked to be run again.
    max_retries_exceeded = 5,  ///< It did so once too often.
  };

  std::string id{};  ///< Of the entry in the job's stream of results.
  Type type = Type::successful;
  Time created_at{};
  std::string worker{};        ///< Empty before RQ 2.5.
  std::string execution_id{};  ///< Empty before RQ 2.8.
  std::optional<Time> started_at{};
  std::optional<Time> ended_at{};
  std::string exc_info{};          ///< For failed: the error's text, a traceback if it has one.
  std::string serialized_value{};  ///< As the run wrote it, for `value()`.
  std::optional<Usage> usage{};    ///< Unset unless a worker of rqpp ran it.

  /// What the task returned; None if nothing. Python objects that are no plain data show as Opaque.
  /// Throws DecodeError.
  [[nodiscard]] Value value() const;

  bool operator==(const Result&) const = default;
};

}  // namespace rqpp
