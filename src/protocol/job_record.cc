#include "protocol/job_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/ranges.h>

#include "codec/json.h"
#include "codec/scalars.h"
#include "codec/timestamp.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

/// More than any list of intervals needs.
constexpr std::size_t kMaxListBytes = std::size_t{1} << 20;
/// Room for a million ids of jobs.
constexpr std::size_t kMaxIdsBytes = std::size_t{64} << 20;

/// The place of a field in kJobFields, known when this is compiled.
struct Field {
  // NOLINTNEXTLINE(google-explicit-constructor)
  consteval Field(const char* field) : name(field), place(place_of(field)) {}

  static consteval std::size_t place_of(std::string_view field) {
    for (std::size_t i = 0; i < kJobFields.size(); ++i) {
      if (kJobFields[i] == field) return i;
    }
    throw "it is not in kJobFields";
  }

  std::string_view name;
  std::size_t place;
};

/// RQ takes fractions of seconds where it says int. Throws Error for what is no number of seconds.
std::int64_t rounded_up(const Value& seconds) {
  if (seconds.kind() == Value::Kind::integer) return seconds.as_int();
  constexpr double kMost = 1e18;
  const double number = std::ceil(seconds.as_double());
  if (!(std::abs(number) <= kMost)) throw DecodeError("no number of seconds");
  return static_cast<std::int64_t>(number);
}

/// The values of `kJobFields`; empty where the job has no such field.
class Values {
 public:
  /// The values of all of them, in their order.
  static Values in_order(std::span<const redis::Reply> values) {
    if (values.size() != kJobFields.size()) {
      throw DecodeError(fmt::format("a job has {} fields here, Redis answered {}",
                                    kJobFields.size(), values.size()));
    }
    Values result;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i].is_nil()) result.values_[i] = &values[i].text;
    }
    return result;
  }

  /// The fields that a hash has, {name, value, …}; others than ours may be among them.
  static Values in_pairs(std::span<const redis::Reply> pairs) {
    if (pairs.size() % 2 != 0) throw DecodeError("a job's fields do not come in pairs");
    Values result;
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
      const auto* const found = std::find(kJobFields.begin(), kJobFields.end(), pairs[i].text);
      if (found != kJobFields.end()) {
        result.values_[static_cast<std::size_t>(found - kJobFields.begin())] = &pairs[i + 1].text;
      }
    }
    return result;
  }

  const std::string& text(Field field) const {
    static const std::string none;
    return values_[field.place] == nullptr ? none : *values_[field.place];
  }

  bool has(Field field) const { return !text(field).empty(); }
  /// Whether it is there, empty or not.
  bool is_there(Field field) const { return values_[field.place] != nullptr; }
  bool is_there_empty(Field field) const { return is_there(field) && !has(field); }

  std::optional<std::int64_t> seconds(Field field) const {
    if (!has(field)) return std::nullopt;
    return codec::parse_int(field.name, text(field), "whole seconds");
  }

  /// A JSON list of seconds; fractions are rounded up.
  std::vector<std::int64_t> seconds_list(Field field) const {
    std::vector<std::int64_t> list;
    if (!has(field)) return list;
    try {
      const Value value = codec::read_json(text(field), kMaxListBytes);
      for (const Value& item : value.items()) list.push_back(rounded_up(item));
    } catch (const Error&) {
      throw DecodeError(fmt::format("job field '{}': expected a JSON list of seconds, got '{}'",
                                    field.name, text(field).substr(0, 60)));
    }
    return list;
  }

  /// A JSON list of texts.
  std::vector<std::string> text_list(Field field) const {
    std::vector<std::string> list;
    if (!has(field)) return list;
    try {
      const Value value = codec::read_json(text(field), kMaxIdsBytes);
      for (const Value& item : value.items()) list.emplace_back(item.as_string());
    } catch (const Error&) {
      throw DecodeError(fmt::format("job field '{}': expected a JSON list of texts, got '{}'",
                                    field.name, text(field).substr(0, 60)));
    }
    return list;
  }

  std::optional<Time> time(Field field) const {
    try {
      return codec::parse_iso(text(field));
    } catch (const DecodeError& error) {
      throw DecodeError(fmt::format("job field '{}': {}", field.name, error.what()));
    }
  }

 private:
  std::array<const std::string*, kJobFields.size()> values_{};
};

/// Ours, and those that a producer of Python named.
std::vector<JobCallback> callbacks_of(const Values& values) {
  std::vector<JobCallback> callbacks = read_callbacks(values.text("rqpp_callbacks"));
  const auto add = [&](Status when, Field name, Field timeout) {
    if (!values.has(name)) return;
    callbacks.push_back({.when = when, .task = values.text(name), .foreign = true});
    callbacks.back().timeout_seconds = values.seconds(timeout).value_or(60);
  };
  add(Status::finished, "success_callback_name", "success_callback_timeout");
  add(Status::failed, "failure_callback_name", "failure_callback_timeout");
  add(Status::stopped, "stopped_callback_name", "stopped_callback_timeout");
  return callbacks;
}

/// RQ writes empty fields, we do not: from 1.9 on one for a callback of success, before that those
/// for the start and the end; from 1.14 on also one for a callback of a stop. Since 1.12 it reads
/// streams. A job of ours that is requeued or runs again has empty times too, but has had a worker.
bool is_of_rq_before_1_14(const Values& values) {
  const bool never_ran = values.is_there_empty("started_at") && values.is_there_empty("ended_at") &&
                         !values.has("worker_name");
  return !values.is_there("stopped_callback_name") &&
         (values.is_there("success_callback_name") || never_ran);
}

std::optional<JobRecord> read_job(std::string_view id, const Values& values) {
  if (!values.has("data")) return std::nullopt;

  return JobRecord{.id = std::string(id),
                   .origin = values.text("origin"),
                   .status = read_status(values.text("status")),
                   .description = values.text("description"),
                   .data = values.text("data"),
                   .meta = values.text("meta"),
                   .worker_name = values.text("worker_name"),
                   .created_at = values.time("created_at"),
                   .enqueued_at = values.time("enqueued_at"),
                   .started_at = values.time("started_at"),
                   .ended_at = values.time("ended_at"),
                   .last_heartbeat = values.time("last_heartbeat"),
                   .timeout_seconds = values.seconds("timeout"),
                   .result_ttl_seconds = values.seconds("result_ttl"),
                   .failure_ttl_seconds = values.seconds("failure_ttl"),
                   .ttl_seconds = values.seconds("ttl"),
                   .retries_left = values.seconds("retries_left"),
                   .retry_intervals = values.seconds_list("retry_intervals"),
                   .retry_at_front = values.text("enqueue_at_front_on_retry") == "1",
                   .dependency_ids = values.text_list("dependency_ids"),
                   .allow_dependency_failures = values.text("allow_dependency_failures") == "1",
                   .allow_dependency_stops = values.text("rqpp_allow_stops") == "1",
                   .enqueue_at_front = values.text("enqueue_at_front") == "1",
                   .group_id = values.text("group_id"),
                   .results = values.text("rqpp_results"),
                   .arguments = values.text("rqpp_arguments"),
                   .number_of_retries = values.seconds("number_of_retries").value_or(0),
                   .repeats_left = values.seconds("repeats_left"),
                   .repeat_intervals = values.seconds_list("repeat_intervals"),
                   .losses = values.text("rqpp_losses"),
                   .callbacks = callbacks_of(values),
                   .rate_limit = values.text("rqpp_rate_limit"),
                   .limit_key = values.text("rate_limit_key"),
                   .limit_jobs = values.seconds("rate_limit_concurrency"),
                   .webhooks = values.text("webhooks"),
                   .exc_info = values.text("exc_info"),
                   .ends_in_hash = is_of_rq_before_1_14(values)};
}

/// Adds what is set.
class FieldWriter {
 public:
  explicit FieldWriter(redis::Batch& batch) : batch_(batch) {}

  void add(std::string_view name, std::string_view value) {
    if (!value.empty()) batch_.more(name, value);
  }
  void add(std::string_view name, const std::optional<Time>& time) {
    if (time) batch_.more(name, codec::IsoText(*time).view());
  }
  void add(std::string_view name, const std::optional<std::int64_t>& number) {
    if (number) batch_.more(name, *number);
  }
  void add(std::string_view name, const std::vector<std::int64_t>& list) {
    if (!list.empty()) batch_.more(name, fmt::format("[{}]", fmt::join(list, ", ")));
  }
  void add_flag(std::string_view name, bool is_set) {
    if (is_set) batch_.more(name, "1");
  }
  void add_ids(std::string_view name, const std::vector<std::string>& ids) {
    if (ids.empty()) return;
    batch_.more(name, codec::write_json(Value::list(Value::Items(ids.begin(), ids.end()))));
  }

 private:
  redis::Batch& batch_;
};

void add_dependencies(FieldWriter& fields, const JobRecord& job) {
  if (!job.dependency_ids.empty()) {
    fields.add("dependency_id", job.dependency_ids.front());  // for readers from before RQ 1.8
    fields.add_ids("dependency_ids", job.dependency_ids);
  }
  fields.add_flag("allow_dependency_failures", job.allow_dependency_failures);
  fields.add_flag("rqpp_allow_stops", job.allow_dependency_stops);
  fields.add_flag("enqueue_at_front", job.enqueue_at_front);
}

}  // namespace

std::optional<Status> read_status(const std::string& word) {
  if (word.empty()) return std::nullopt;
  if (const auto status = status_from(word)) return status;
  throw DecodeError(fmt::format("job field 'status': '{}' is no status that RQ knows", word));
}

std::optional<JobRecord> read_job(std::string_view id, std::span<const redis::Reply> values) {
  return read_job(id, Values::in_order(values));
}

std::optional<JobRecord> read_whole_job(std::string_view id, std::span<const redis::Reply> pairs) {
  return read_job(id, Values::in_pairs(pairs));
}

void add_fields(redis::Batch& batch, const JobRecord& job) {
  FieldWriter fields(batch);
  fields.add("created_at", job.created_at);
  fields.add("data", job.data);
  if (job.status) fields.add("status", to_string(*job.status));
  fields.add("origin", job.origin);
  fields.add("description", job.description);
  fields.add("enqueued_at", job.enqueued_at);
  fields.add("timeout", job.timeout_seconds);
  fields.add("result_ttl", job.result_ttl_seconds);
  fields.add("failure_ttl", job.failure_ttl_seconds);
  fields.add("ttl", job.ttl_seconds);
  fields.add("meta", job.meta);
  fields.add("retries_left", job.retries_left);
  fields.add("retry_intervals", job.retry_intervals);
  fields.add_flag("enqueue_at_front_on_retry", job.retry_at_front);
  add_dependencies(fields, job);
  fields.add("group_id", job.group_id);
  fields.add("rqpp_results", job.results);
  fields.add("repeats_left", job.repeats_left);
  fields.add("repeat_intervals", job.repeat_intervals);
  if (!job.callbacks.empty()) fields.add("rqpp_callbacks", to_json(job.callbacks));
  fields.add("rqpp_rate_limit", job.rate_limit);
  fields.add("rate_limit_key", job.limit_key);
  fields.add("rate_limit_concurrency", job.limit_jobs);
  fields.add("webhooks", job.webhooks);
  fields.add("started_at", job.started_at);
  fields.add("ended_at", job.ended_at);
  fields.add("last_heartbeat", job.last_heartbeat);
  fields.add("worker_name", job.worker_name);
}

}  // namespace rqpp::protocol
