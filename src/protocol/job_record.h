#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/job_callback.h"
#include "redis/batch.h"
#include "redis/reply.h"

#include <rqpp/status.h>
#include <rqpp/time.h>

namespace rqpp::protocol {

/// The hash `rq:job:<id>`, as far as rqpp reads it. `data` and `meta` keep their bytes: whoever
/// reads a record and writes it back changes nothing in them.
struct JobRecord {
  std::string id{};
  std::string origin{};  ///< The queue's name.
  std::optional<Status> status{};
  std::string description{};
  std::string data{};  ///< The serialized call, as it is in Redis: zlib or raw.
  std::string meta{};  ///< Serialized dict, or empty.
  std::string worker_name{};
  std::optional<Time> created_at{};
  std::optional<Time> enqueued_at{};
  std::optional<Time> started_at{};
  std::optional<Time> ended_at{};
  std::optional<Time> last_heartbeat{};
  std::optional<std::int64_t> timeout_seconds{};      ///< -1: none.
  std::optional<std::int64_t> result_ttl_seconds{};   ///< -1: for ever, 0: delete at once.
  std::optional<std::int64_t> failure_ttl_seconds{};  ///< As result_ttl_seconds.
  std::optional<std::int64_t> ttl_seconds{};          ///< How long it may wait in the queue.
  std::optional<std::int64_t> retries_left{};         ///< Reruns that are left after a failure.
  std::vector<std::int64_t> retry_intervals{};        ///< Seconds before each rerun; see `retry`.
  bool retry_at_front = false;                        ///< Reruns go to the front of the queue.
  std::vector<std::string> dependency_ids{};          ///< The jobs that it waits for.
  bool allow_dependency_failures = false;             ///< It also runs when they have failed,
  bool allow_dependency_stops = false;                ///< or were stopped or canceled (our own).
  bool enqueue_at_front = false;  ///< Once it need not wait any longer, for others or for its time.
  std::string group_id{};         ///< The name of its group, or empty.
  /// Arguments that are results of other jobs: Call::results, as a JSON object. A field of our own.
  std::string results{};
  /// Those of them that were there when it had to wait for others still, see kept_argument.
  std::string arguments{};
  std::int64_t number_of_retries = 0;            ///< Reruns that its task has asked for.
  std::optional<std::int64_t> repeats_left{};    ///< Runs that follow a success.
  std::vector<std::int64_t> repeat_intervals{};  ///< Seconds before each; see `Repeat`.
  /// One line for each worker that was lost while it ran the job. A field of our own.
  std::string losses{};
  std::vector<JobCallback> callbacks{};  ///< What is run when it ends.
  std::string rate_limit{};              ///< See rate_limit_text.
  std::string limit_key{};               ///< See ConcurrencyLimit.
  std::optional<std::int64_t> limit_jobs{};
  std::string webhooks{};  ///< See new_webhooks.
  std::string exc_info{};  ///< Before RQ 1.12: zlib of the error's text.
  /// A new job whose producer has chosen the id, not part of the hash: it replaces what had that
  /// id.
  bool named = false;
  /// Its producer, an RQ before 1.12, reads in the hash how it ended: `result` and `exc_info`.
  bool ends_in_hash = false;

  bool operator==(const JobRecord&) const = default;
};

/// The fields of the hash that `read_job` wants, in its order. HMGET uses this list, and so do
/// scripts for a hash of a hundred fields or more: one that somebody filled with a million costs no
/// more than any other.
inline constexpr std::array<std::string_view, 41> kJobFields{"data",
                                                             "status",
                                                             "origin",
                                                             "description",
                                                             "meta",
                                                             "timeout",
                                                             "result_ttl",
                                                             "failure_ttl",
                                                             "ttl",
                                                             "created_at",
                                                             "enqueued_at",
                                                             "started_at",
                                                             "ended_at",
                                                             "last_heartbeat",
                                                             "worker_name",
                                                             "exc_info",
                                                             "retries_left",
                                                             "retry_intervals",
                                                             "enqueue_at_front_on_retry",
                                                             "rqpp_losses",
                                                             "dependency_ids",
                                                             "allow_dependency_failures",
                                                             "rqpp_allow_stops",
                                                             "enqueue_at_front",
                                                             "group_id",
                                                             "rqpp_results",
                                                             "number_of_retries",
                                                             "repeats_left",
                                                             "repeat_intervals",
                                                             "rqpp_callbacks",
                                                             "success_callback_name",
                                                             "success_callback_timeout",
                                                             "failure_callback_name",
                                                             "failure_callback_timeout",
                                                             "stopped_callback_name",
                                                             "stopped_callback_timeout",
                                                             "rqpp_rate_limit",
                                                             "rate_limit_key",
                                                             "rate_limit_concurrency",
                                                             "webhooks",
                                                             "rqpp_arguments"};

/// The record in the values of `kJobFields`, or nullopt if the hash has no `data`: then there is no
/// job (RQ's `Job.fetch` sees it so too). Throws DecodeError if a field is malformed; the text
/// names the field and its value.
std::optional<JobRecord> read_job(std::string_view id, std::span<const redis::Reply> values);
/// The same of all fields that the hash has, {name, value, …}, as the scripts that take jobs
/// answer.
std::optional<JobRecord> read_whole_job(std::string_view id, std::span<const redis::Reply> pairs);

/// The status of a word in a job's hash; nothing for an empty one. Throws DecodeError.
std::optional<Status> read_status(const std::string& word);

/// Adds the fields and values of a new job's hash to the last command of a batch. Empty and unset
/// ones are left out: every Python reader takes a missing field for an empty one.
void add_fields(redis::Batch& batch, const JobRecord& job);

/// Throws InvalidArgument unless `id` consists of ASCII letters, digits, `_` and `-`, as RQ >= 2.8
/// demands of job ids.
void check_job_id(std::string_view id);

/// Throws InvalidArgument if the name is empty or holds a comma: RQ keeps a worker's queues as one
/// text, joined by commas.
void check_queue_name(std::string_view name);

}  // namespace rqpp::protocol
