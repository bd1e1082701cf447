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

/// For a time to live or a timeout: no limit. Written as -1, as in RQ.
inline constexpr std::chrono::seconds kForever{-1};

/// How calls, results and meta are written: RQ's default pickle (as plain data), or JSON.
enum class Serializer : std::uint8_t { pickle, json };

/// What a producer may say about a job beside the call. The defaults are RQ's.
///
///     queue.enqueue(slow_fib(33), {.timeout = 30s, .description = "the last one"});
struct EnqueueOptions {
  /// How long the job may run; 1 s or more, or kForever. Unset: the queue's default, 180 s.
  std::optional<std::chrono::seconds> timeout{};
  /// How long the result and the job are kept after success; 0 s deletes at once, kForever keeps.
  /// Unset: the worker's default, 500 s.
  std::optional<std::chrono::seconds> result_ttl{};
  /// How long the job is kept after a failure; 0 s or more, or kForever. Unset: one year.
  std::optional<std::chrono::seconds> failure_ttl{};
  /// How long the job may wait in the queue before it is dropped; 1 s or more. Unset: for ever.
  std::optional<std::chrono::seconds> ttl{};
  /// For people: shown by `rqpp info`, `rq info` and dashboards. Empty: the call as Python text,
  /// `fib.slow_fib(20)`.
  std::string description{};
  /// Letters, digits, `_` and `-`, as RQ demands; empty: a new random UUID. A job of this id is
  /// deleted and replaced, and if it runs just now its outcome is dropped; `unique` refuses.
  std::string job_id{};
  /// A dict of your own data that travels with the job, or null.
  Value meta{};
  /// Run before the jobs that are in the queue already.
  bool at_front = false;
  /// The jobs that must have returned before this one is queued.
  Dependency depends_on{};
  /// The name of a group that the job joins, see rqpp::Group. Empty: none.
  std::string group{};
  /// Run again after a failure. Without: fail at once.
  Retry retry{.max = 0};
  /// Run again after a success. Without: once.
  Repeat repeat{.times = 0};
  /// How many such runs may begin within a time.
  RateLimit rate_limit{};
  /// How many such jobs may be queued or running at once. Not together with `rate_limit`, `unique`
  /// or `unique_for`.
  ConcurrencyLimit concurrency_limit{};
  /// Only if there is no job of this `job_id`, as in RQ: else `enqueue` throws DuplicateJob. An id
  /// is free again when its job is deleted or its time to live is over.
  bool unique = false;
  /// Only if no such call, of this task with these arguments, was enqueued within this time, with
  /// this option and to whichever queue; else `enqueue` throws DuplicateJob. One that was canceled,
  /// deleted or replaced does not count. 1 s or more.
  std::optional<std::chrono::seconds> unique_for{};
  /// Told of the end with the job's result. If it fails, so does the job, as in RQ.
  CallbackOn<Status::finished> on_success{};
  /// Told of each failed run, also of one that will be retried, with the error's text.
  CallbackOn<Status::failed> on_failure{};
  /// Told that the job was stopped while it ran.
  CallbackOn<Status::stopped> on_stopped{};
  /// Requests that the worker sends when the job has ended; at most 100.
  std::vector<Webhook> webhooks{};
  /// Unset: the queue's serializer.
  std::optional<Serializer> serializer{};

  /// Sets one entry of `meta`. Throws InvalidArgument if that is neither a dict nor null.
  void set_meta(std::string_view key, const Value& value);
};

}  // namespace rqpp
