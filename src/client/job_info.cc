#include <rqpp/job_info.h>

#include "client/describe.h"
#include "codec/compress.h"
#include "codec/serialize.h"
#include "codec/wire_call.h"
#include "protocol/rate_limit.h"
#include "protocol/webhooks.h"

#include <rqpp/error.h>

namespace rqpp {

Call JobInfo::call() const {
  return codec::decode_call(codec::inflate_or_raw(serialized_call)).call;
}

Value JobInfo::meta() const {
  return serialized_meta.empty() ? Value::dict() : codec::deserialize(serialized_meta);
}

Value Result::value() const {
  return serialized_value.empty() ? Value() : codec::deserialize(serialized_value);
}

namespace client {
namespace {

std::optional<std::chrono::seconds> seconds(const std::optional<std::int64_t>& count) {
  if (!count) return std::nullopt;
  return std::chrono::seconds{*count};
}

/// As in RQ a field that nobody can read is none.
std::vector<Webhook> webhooks_of(const std::string& field) {
  try {
    if (!field.empty()) return protocol::read_webhooks(field);
  } catch (const DecodeError&) {  // NOLINT(bugprone-empty-catch): the worker says so
  }
  return {};
}

}  // namespace

JobInfo describe(protocol::JobRecord job) {
  return {.id = std::move(job.id),
          .queue = std::move(job.origin),
          .status = job.status,
          .description = std::move(job.description),
          .worker = std::move(job.worker_name),
          .created_at = job.created_at,
          .enqueued_at = job.enqueued_at,
          .started_at = job.started_at,
          .ended_at = job.ended_at,
          .last_heartbeat = job.last_heartbeat,
          .timeout = seconds(job.timeout_seconds),
          .result_ttl = seconds(job.result_ttl_seconds),
          .failure_ttl = seconds(job.failure_ttl_seconds),
          .ttl = seconds(job.ttl_seconds),
          .dependency_ids = std::move(job.dependency_ids),
          .group = std::move(job.group_id),
          .retries_left = job.retries_left,
          .number_of_retries = job.number_of_retries,
          .repeats_left = job.repeats_left,
          .rate_limit = protocol::read_rate_limit(job.rate_limit),
          .concurrency_limit = {.key = std::move(job.limit_key),
                                .jobs = static_cast<int>(job.limit_jobs.value_or(1))},
          .webhooks = webhooks_of(job.webhooks),
          .serialized_call = std::move(job.data),
          .serialized_meta = std::move(job.meta)};
}

Result describe(protocol::ResultRecord run) {
  return {.id = std::move(run.id),
          .type = static_cast<Result::Type>(run.type),
          .created_at = run.created_at,
          .worker = std::move(run.worker_name),
          .execution_id = std::move(run.execution_id),
          .started_at = run.started_at,
          .ended_at = run.ended_at,
          .exc_info = std::move(run.exc_info),
          .serialized_value = std::move(run.return_value),
          .usage = run.usage};
}

}  // namespace client
}  // namespace rqpp
