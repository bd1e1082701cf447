#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rqpp/callback.h>
#include <rqpp/concurrency_limit.h>
#include <rqpp/dependency.h>
#include <rqpp/rate_limit.h>
#include <rqpp/repeat.h>
#include <rqpp/retry.h>
#include <rqpp/value.h>
#include <rqpp/webhook.h>

namespace rqpp {

/// No limit, for a time to live or a timeout. Written as -1, as in RQ.
inline constexpr std::chrono::seconds kForever{-1};

/// The encoding of calls, results and meta: RQ's default pickle (plain data only), or JSON.
enum class Serializer : std::uint8_t { pickle, json };

/// Options of a job. The defaults are RQ's.
///
///     queue.enqueue(slow_fib(33), {.timeout = 30s, .description = "the last one"});
struct EnqueueOptions {
  /// Maximum run time; 1 s or more, or kForever. Unset: the queue's default, 180 s.
  std::optional<std::chrono::seconds> timeout{};
  /// How long the job and its result are kept after success; 0 s deletes them immediately, kForever
  /// keeps them. Unset: the worker's default, 500 s.
  std::optional<std::chrono::seconds> result_ttl{};
  /// How long the job is kept after a failure; 0 s or more, or kForever. Unset: one year.
  std::optional<std::chrono::seconds> failure_ttl{};
  /// How long the job may wait in the queue before it expires; 1 s or more. Unset: no limit.
  std::optional<std::chrono::seconds> ttl{};
  /// Shown by `rqpp job show` and dashboards. Empty: the call in Python syntax, `fib.slow_fib(20)`.
  std::string description{};
  /// Letters, digits, `_` and `-`, as in RQ. Empty: a random UUID. An existing job with this id is
  /// replaced, and if it is running its result is discarded; `unique` refuses instead.
  std::string job_id{};
  /// A user-defined dict that is stored with the job, or null.
  Value meta{};
  /// Put the job at the front of the queue.
  bool at_front = false;
  /// The jobs that must have finished before this one is enqueued.
  Dependency depends_on{};
  /// The name of the job's group, see rqpp::Group. Empty: none.
  std::string group{};
  /// Retries after failures. Default: none.
  Retry retry{.max = 0};
  /// Repeats after successes. Default: none.
  Repeat repeat{.times = 0};
  /// Maximum number of runs per time.
  RateLimit rate_limit{};
  /// Maximum number of queued and running jobs of a key. Excludes `rate_limit`, `unique` and
  /// `unique_for`.
  ConcurrencyLimit concurrency_limit{};
  /// Throw DuplicateJob if a job with this `job_id` exists, as in RQ. The id is free again when
  /// that job is deleted or expires.
  bool unique = false;
  /// Throw DuplicateJob if the same task with the same arguments was enqueued, with this option and
  /// in any queue, within this time; 1 s or more. Jobs that were canceled, deleted or replaced do
  /// not count.
  std::optional<std::chrono::seconds> unique_for{};
  /// Called with the result when the job has finished. If it fails, the job fails, as in RQ.
  CallbackOn<Status::finished> on_success{};
  /// Called with the error text after each failed run, also if it will be retried.
  CallbackOn<Status::failed> on_failure{};
  /// Called after the job was stopped while it ran.
  CallbackOn<Status::stopped> on_stopped{};
  /// HTTP requests that the worker sends when the job has ended; at most 100.
  std::vector<Webhook> webhooks{};
  /// Unset: the queue's serializer.
  std::optional<Serializer> serializer{};

  /// Sets one entry of `meta`. Throws InvalidArgument if that is neither a dict nor null.
  void set_meta(std::string_view key, const Value& value);
};

}  // namespace rqpp
