#include "protocol/new_job.h"

#include <fmt/format.h>

#include "codec/compress.h"
#include "codec/serialize.h"
#include "codec/wire_call.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

/// Below this, compressing costs more time than it saves memory; every reader takes raw bytes too.
constexpr std::size_t kCompressFrom = 1024;

using Seconds = std::chrono::seconds;

constexpr Seconds kDefaultTimeout{180};  // RQ's

/// Redis refuses an EXPIRE whose end does not fit 64 bits of milliseconds, after the job is queued.
constexpr Seconds kLongest{10'000'000'000};

std::int64_t checked(const char* option, Seconds value, Seconds least) {
  if (value != kForever && (value < least || value > kLongest)) {
    throw InvalidArgument(fmt::format("{} is {} s: use {} to {} s, or kForever", option,
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

std::string data_of(const Call& call, Serializer serializer) {
  std::string bytes = codec::encode_call(call, serializer);
  return bytes.size() < kCompressFrom ? bytes : codec::deflate(bytes);
}

}  // namespace

std::string serialized_meta(const Value& meta, Serializer serializer) {
  if (meta.is_null()) return {};
  if (meta.kind() != Value::Kind::dict) {
    throw InvalidArgument(fmt::format("meta is a {}: use a dict", meta.type_name()));
  }
  return meta.pairs().empty() ? std::string{} : codec::serialize(meta, serializer);
}

JobRecord new_job(const Call& call, const EnqueueOptions& options, std::string_view queue,
                  Serializer serializer, std::string new_id, Time now) {
  check_queue_name(queue);
  check_uniqueness(options);
  if (!options.job_id.empty()) {
    check_job_id(options.job_id);
    new_id = options.job_id;
  }
  const Serializer used = options.serializer.value_or(serializer);
  return {
      .id = std::move(new_id),
      .origin = std::string(queue),
      .status = Status::queued,
      .description = options.description.empty() ? codec::describe(call) : options.description,
      .data = data_of(call, used),
      .meta = serialized_meta(options.meta, used),
      .created_at = now,
      .enqueued_at = now,
      .timeout_seconds = checked("timeout", options.timeout.value_or(kDefaultTimeout), Seconds{1}),
      .result_ttl_seconds = checked("result_ttl", options.result_ttl),
      .failure_ttl_seconds = checked("failure_ttl", options.failure_ttl),
      .ttl_seconds = checked_ttl(options.ttl)};
}

JobRecord scheduled(JobRecord job, Time due, Position when_due) {
  constexpr Time kEnd = std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1};
  if (due < Time{} || due >= kEnd) {
    throw InvalidArgument(
        fmt::format("cannot enqueue a job at {} s since 1970: use a time in the years 1970 to 9999",
                    std::chrono::floor<Seconds>(due).time_since_epoch().count()));
  }
  job.status = Status::scheduled;
  job.enqueued_at.reset();
  job.at_front_when_due = when_due == Position::front;
  return job;
}

}  // namespace rqpp::protocol
