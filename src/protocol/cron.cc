#include "protocol/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "codec/timestamp.h"
#include "protocol/keys.h"
#include "protocol/scripts.h"

namespace rqpp::protocol {
namespace {

using Seconds = std::chrono::seconds;

constexpr Seconds kShown{120};       // RQ's, without a sign of life
constexpr Seconds kHorizon{86'400};  // no clock is wrong by so much and right in the next run

}  // namespace

redis::Batch lead_cron(std::string_view group, std::string_view name, Seconds lease) {
  return redis::Batch{}.call(scripts::hold_queues, {keys::cron_leader(group)},
                             {std::string(name), std::to_string(lease.count())});
}

redis::Batch leave_cron(std::string_view group, std::string_view name) {
  redis::Batch batch;
  batch.call(scripts::release_queues, {keys::cron_leader(group)}, {std::string(name)});
  batch.add("ZREM", keys::kCronSchedulers, name);
  return batch.add("DEL", keys::cron_scheduler(name));
}

redis::Batch announce_cron(const CronRecord& record, Time now) {
  const std::string key = keys::cron_scheduler(record.name);
  redis::Batch batch;
  batch.add("ZADD", keys::kCronSchedulers, codec::format_epoch(now), record.name);
  batch.add("HSET", key, "hostname", record.hostname, "pid", record.pid, "name", record.name,
            "created_at", codec::format_iso(record.created_at), "config_file", record.config_file,
            "cron_jobs", record.jobs);
  return batch.add("EXPIRE", key, kShown.count());
}

redis::Batch last_cron_runs(std::string_view group, std::span<const std::string> entries) {
  return redis::Batch{}.add("HMGET", keys::cron_runs(group)).more_of(entries);
}

std::vector<std::optional<std::chrono::sys_seconds>> read_last_cron_runs(
    const redis::Reply& reply) {
  std::vector<std::optional<std::chrono::sys_seconds>> runs;
  for (const redis::Reply& each : reply.elements) {
    std::int64_t seconds = 0;
    const char* begin = each.text.data();
    const auto parsed = std::from_chars(begin, begin + each.text.size(), seconds);
    const bool good = !each.is_nil() && parsed.ec == std::errc{} && seconds >= 0 &&
                      seconds < 253'402'300'800;  // the year 10000
    runs.push_back(good ? std::optional(std::chrono::sys_seconds{Seconds{seconds}}) : std::nullopt);
  }
  return runs;
}

std::string cron_job_id(std::string_view entry, std::chrono::sys_seconds due) {
  std::string name(entry);
  // What RQ refuses in an id.
  std::replace_if(
      name.begin(), name.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_'; }, '_');
  return fmt::format("cron-{}-{}", name, due.time_since_epoch().count());
}

redis::Batch enqueue_cron(std::string_view group, std::string_view leader, const CronRun& run,
                          const JobRecord& job, Time now) {
  const auto horizon = std::chrono::floor<Seconds>(now) + kHorizon;
  redis::Batch batch;
  batch.call(scripts::enqueue_cron,
             {keys::cron_leader(group), keys::cron_runs(group), keys::job(job.id),
              keys::cron_jobs(run.entry), keys::queue(job.origin)},
             {std::string(leader), run.entry, std::to_string(run.due.time_since_epoch().count()),
              std::to_string(horizon.time_since_epoch().count()), job.id, codec::format_epoch(now),
              run.position == Position::front ? "LPUSH" : "RPUSH", run.may_overlap ? "0" : "1",
              job.ttl_seconds ? std::to_string(*job.ttl_seconds) : ""});
  add_fields(batch, job);
  return batch;
}

}  // namespace rqpp::protocol
