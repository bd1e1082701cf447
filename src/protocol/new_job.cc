#include "protocol/new_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "codec/base64.h"
#include "codec/compress.h"
#include "codec/json.h"
#include "codec/serialize.h"
#include "codec/wire_call.h"
#include "protocol/groups.h"
#include "protocol/job_id.h"
#include "protocol/rate_limit.h"
#include "protocol/retry.h"
#include "protocol/webhooks.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

/// Below this, compressing costs more time than it saves memory; every reader takes raw bytes too.
constexpr std::size_t kCompressFrom = 1024;

using Seconds = std::chrono::seconds;

/// Redis refuses an EXPIRE whose end does not fit 64 bits of milliseconds, after the job is queued.
constexpr Seconds kLongest{10'000'000'000};

std::int64_t checked(const char* option, Seconds value, Seconds least) {
  if (value != kForever && (value < least || value > kLongest)) {
    throw InvalidArgument(fmt::format("{} is {} s: use {} to {} s, or -1 for no limit", option,
                                      value.count(), least.count(), kLongest.count()));
  }
  return value.count();
}

std::optional<std::int64_t> checked(const char* option, const std::optional<Seconds>& value) {
  if (!value) return std::nullopt;
  return checked(option, *value, Seconds{0});
}

std::optional<std::int64_t> checked_ttl(const std::optional<Seconds>& ttl) {
  if (!ttl) return std::nullopt;
  if (*ttl < Seconds{1} || *ttl > kLongest) {
    throw InvalidArgument(
        fmt::format("ttl is {} s: use 1 to {} s, or leave it unset to wait for ever", ttl->count(),
                    kLongest.count()));
  }
  return ttl->count();
}

void check_uniqueness(const EnqueueOptions& options) {
  if (options.unique && options.job_id.empty()) {
    throw InvalidArgument("unique is by the job's id: name a job_id, or use unique_for");
  }
  if (!options.unique_for) return;
  if (options.unique) throw InvalidArgument("unique and unique_for exclude each other");
  if (*options.unique_for < Seconds{1} || *options.unique_for > kLongest) {
    throw InvalidArgument(fmt::format("unique_for is {} s: use 1 to {} s",
                                      options.unique_for->count(), kLongest.count()));
  }
}

void check_limit(const EnqueueOptions& options) {
  const ConcurrencyLimit& limit = options.concurrency_limit;
  constexpr int kMostJobs = 1'000'000;
  if (limit == ConcurrencyLimit{}) return;
  check_limit_key("concurrency_limit.key", limit.key);
  if (limit.jobs < 1 || limit.jobs > kMostJobs) {
    throw InvalidArgument(
        fmt::format("concurrency_limit.jobs is {}: use 1 to {}", limit.jobs, kMostJobs));
  }
  if (!options.rate_limit.key.empty()) {
    throw InvalidArgument("rate_limit and concurrency_limit exclude each other");
  }
  if (options.unique || options.unique_for) {
    throw InvalidArgument("a unique job cannot have a concurrency_limit, as in RQ");
  }
}

std::string data_of(const Call& call, Serializer serializer) {
  std::string bytes = codec::encode_call(call, serializer);
  return bytes.size() < kCompressFrom ? bytes : codec::deflate(bytes);
}

std::vector<std::string> checked_parents(const Dependency& dependency, const Call& call,
                                         std::string_view id) {
  std::vector<std::string> all = dependency.job_ids();
  for (const auto& [place, parent] : call.results) all.push_back(parent);
  std::vector<std::string> parents;
  std::unordered_set<std::string_view> seen;
  for (const std::string& parent : all) {
    check_parent_id(parent);
    if (parent == id) throw InvalidArgument(fmt::format("job '{}' cannot wait for itself", id));
    if (seen.insert(parent).second) parents.push_back(parent);
  }
  return parents;
}

/// A job that waits for a slot is queued by whoever gives one back, who does not know where to.
void set_limit(JobRecord& job, const EnqueueOptions& options) {
  if (options.concurrency_limit.key.empty()) return;
  job.limit_key = options.concurrency_limit.key;
  job.limit_jobs = options.concurrency_limit.jobs;
  job.enqueue_at_front = job.enqueue_at_front || options.at_front;
  if (job.status != Status::queued) return;
  job.status = Status::rate_limited;
  job.enqueued_at.reset();
}

constexpr std::size_t kMaxResultsBytes = std::size_t{1} << 20;

}  // namespace

std::string results_text(const Call& call) {
  if (call.results.empty()) return {};
  Value::Pairs pairs;
  for (const auto& [place, id] : call.results) pairs.emplace_back(place, id);
  return codec::write_json(Value::dict(std::move(pairs)));
}

std::vector<std::pair<std::string, std::string>> read_results_text(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> results;
  if (text.empty()) return results;
  try {
    const Value value = codec::read_json(text, kMaxResultsBytes);
    for (const auto& [place, id] : value.pairs()) {
      results.emplace_back(place.as_string(), id.as_string());
      check_parent_id(results.back().second);
    }
  } catch (const Error&) {
    throw DecodeError(
        fmt::format("job field 'rqpp_results': expected a JSON object of job ids, got '{}'",
                    text.substr(0, 60)));
  }
  return results;
}

std::optional<std::string> kept_argument(std::string_view arguments, std::string_view id) {
  std::optional<std::string> newest;
  while (!arguments.empty()) {
    const std::string_view line = arguments.substr(0, arguments.find('\n'));
    arguments.remove_prefix(std::min(line.size() + 1, arguments.size()));
    const std::size_t blank = line.find(' ');
    if (blank != std::string_view::npos && line.substr(0, blank) == id) {
      newest = codec::decode_base64(line.substr(blank + 1));
    }
  }
  return newest;
}

std::string serialized_meta(const Value& meta, Serializer serializer) {
  if (meta.is_null()) return {};
  if (meta.kind() != Value::Kind::dict) {
    throw InvalidArgument(fmt::format("meta is a {}: use a dict", meta.type_name()));
  }
  return meta.pairs().empty() ? std::string{} : codec::serialize(meta, serializer);
}

JobRecord new_job(const Call& call, const EnqueueOptions& options, std::string_view queue,
                  Serializer serializer, std::string new_id, Time now,
                  std::chrono::seconds timeout) {
  check_queue_name(queue);
  check_uniqueness(options);
  check_limit(options);
  if (!options.job_id.empty()) {
    check_job_id(options.job_id);
    new_id = options.job_id;
  }
  if (!options.group.empty()) check_group_name(options.group);
  const Serializer used = options.serializer.value_or(serializer);
  const DependencyOptions& waiting = options.depends_on.options();
  std::vector<std::string> parents = checked_parents(options.depends_on, call, new_id);
  const bool waits = !parents.empty();
  if (waits && (options.unique || options.unique_for)) {
    throw InvalidArgument("a unique job cannot wait for others, as in RQ");
  }
  JobRecord job{
      .id = std::move(new_id),
      .origin = std::string(queue),
      .status = waits ? Status::deferred : Status::queued,
      .description = options.description.empty() ? codec::describe(call) : options.description,
      .data = data_of(call, used),
      .meta = serialized_meta(options.meta, used),
      .created_at = now,
      .enqueued_at = waits ? std::nullopt : std::optional(now),
      .timeout_seconds = checked("timeout", options.timeout.value_or(timeout), Seconds{1}),
      .result_ttl_seconds = checked("result_ttl", options.result_ttl),
      .failure_ttl_seconds = checked("failure_ttl", options.failure_ttl),
      .ttl_seconds = checked_ttl(options.ttl),
      .dependency_ids = std::move(parents),
      .allow_dependency_failures = waits && waiting.allow_failure,
      .allow_dependency_stops = waits && waiting.allow_stop,
      .enqueue_at_front = waits && (waiting.at_front || options.at_front),
      .group_id = options.group,
      .results = results_text(call),
      .callbacks = new_callbacks(options),
      .rate_limit = rate_limit_text(options.rate_limit),
      .webhooks = new_webhooks(options.webhooks),
      .named = !options.job_id.empty()};
  set_limit(job, options);
  set_retry(job, options.retry);
  set_repeat(job, options.repeat);
  return job;
}

JobRecord scheduled(JobRecord job, Time due, Position when_due) {
  constexpr Time kEnd = std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1};
  if (due < Time{} || due >= kEnd) {
    throw InvalidArgument(
        fmt::format("cannot enqueue a job at {} s since 1970: use a time in the years 1970 to 9999",
                    std::chrono::floor<Seconds>(due).time_since_epoch().count()));
  }
  if (!job.dependency_ids.empty()) {
    throw InvalidArgument(
        fmt::format("job '{}' cannot wait both for its time and for others: whoever queues it when "
                    "its time has "
                    "come does not look at those. Let a job that waits for the time enqueue it",
                    job.id));
  }
  job.status = Status::scheduled;
  job.enqueued_at.reset();
  job.enqueue_at_front = when_due == Position::front;
  return job;
}

}  // namespace rqpp::protocol
