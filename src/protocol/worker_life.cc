#include <fmt/format.h>

#include "codec/timestamp.h"
#include "protocol/keys.h"
#include "protocol/scripts.h"
#include "protocol/seconds.h"
#include "protocol/transitions.h"

namespace rqpp::protocol {
namespace {

void count_work(redis::Batch& batch, const std::string& key, const WorkDone& done) {
  if (done.succeeded > 0) batch.add("HINCRBY", key, "successful_job_count", done.succeeded);
  if (done.failed > 0) batch.add("HINCRBY", key, "failed_job_count", done.failed);
  const auto microseconds = done.working_time.count();
  if (microseconds > 0) {
    batch.add("HINCRBYFLOAT", key, "total_working_time",
              fmt::format("{}.{:06}", microseconds / 1'000'000, microseconds % 1'000'000));
  }
}

}  // namespace

redis::Batch birth(const WorkerRecord& worker, WorkerLife life, std::string_view ghost) {
  std::vector<std::string> keys{keys::worker(worker.name), std::string(keys::kWorkers),
                                keys::worker_executions(worker.name), keys::inbox(worker.name),
                                std::string(keys::kLeases)};
  for (const std::string& queue : worker.queues) keys.push_back(keys::queue_workers(queue));
  std::vector<std::string> args{
      worker.name,        std::to_string(life.ttl.count()), std::to_string(life.lease.count()),
      std::string(ghost), keys::worker_executions(ghost),   keys::inbox(ghost)};
  std::vector<std::string> fields = worker_fields(worker);
  args.insert(args.end(), std::make_move_iterator(fields.begin()),
              std::make_move_iterator(fields.end()));
  return redis::Batch{}.call(scripts::birth, keys, args);
}

redis::Batch forget_worker(std::string_view worker) {
  redis::Batch batch;
  batch.add("DEL", keys::worker(worker));
  return batch.add("ZREM", keys::kLeases, worker);
}

redis::Batch renew(std::span<const Execution> runs, std::chrono::seconds lease, Time now) {
  std::vector<std::string> args{codec::format_iso(now), codec::format_epoch(now),
                                whole_seconds(now), std::to_string(lease.count()),
                                runs.empty() ? "" : runs.front().worker};
  for (const Execution& run : runs) {
    args.push_back(run.job_id);
    args.push_back(run.id);
    args.push_back(run.queue);
    args.push_back(run.started ? codec::format_iso(*run.started) : std::string());
  }
  return redis::Batch{}.call(scripts::renew, {}, args);
}

redis::Batch heartbeat(std::string_view worker, std::chrono::seconds ttl, const WorkDone& done,
                       Time now) {
  const std::string key = keys::worker(worker);
  redis::Batch batch;
  batch.add("HSET", key, "last_heartbeat", codec::format_iso(now));
  batch.add("EXPIRE", key, ttl.count());
  count_work(batch, key, done);
  return batch;
}

redis::Batch rest(std::string_view worker, std::string_view state, const WorkDone& done) {
  const std::string key = keys::worker(worker);
  redis::Batch batch;
  batch.add("HSET", key, "state", state);
  batch.add("HDEL", key, "current_job", "current_job_working_time");
  count_work(batch, key, done);
  return batch;
}

redis::Batch announce_shutdown(std::string_view worker, Time now) {
  return redis::Batch{}.add("HSET", keys::worker(worker), "shutdown_requested_date",
                            codec::format_iso(now));
}

redis::Batch death(std::string_view worker, std::span<const std::string> queues, Time now) {
  constexpr int kRemembered = 60;  // seconds, as in RQ
  std::vector<std::string> keys{keys::worker(worker), std::string(keys::kWorkers),
                                keys::worker_executions(worker), keys::inbox(worker),
                                std::string(keys::kLeases)};
  for (const std::string& queue : queues) keys.push_back(keys::queue_workers(queue));
  return redis::Batch{}.call(
      scripts::death, keys,
      {std::string(worker), codec::format_iso(now), std::to_string(kRemembered)});
}

}  // namespace rqpp::protocol
