#include <fmt/format.h>

#include "codec/timestamp.h"
#include "protocol/keys.h"
#include "protocol/once.h"
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

redis::Batch birth(const WorkerRecord& worker, const Claimant& claimant, WorkerLife life,
                   std::string_view former) {
  std::vector<std::string> keys{keys::worker(worker.name), std::string(keys::kWorkers),
                                std::string(keys::kLeases), keys::runs(claimant.worker)};
  for (const std::string& queue : worker.queues) keys.push_back(keys::queue_workers(queue));
  std::vector<std::string> args{claimant.worker,
                                std::to_string(life.ttl.count()),
                                std::to_string(life.lease.count()),
                                session_member(claimant.session),
                                begun_score(claimant),
                                std::string(former)};
  std::vector<std::string> fields = worker_fields(worker);
  args.insert(args.end(), std::make_move_iterator(fields.begin()),
              std::make_move_iterator(fields.end()));
  return redis::Batch{}.call(scripts::birth, keys, args);
}

redis::Batch register_again(const WorkerRecord& worker, std::string_view incarnation,
                            WorkerLife life) {
  const std::string key = keys::worker(worker.name);
  redis::Batch batch;
  batch.add("HSET", key, "rqpp_worker", incarnation).more_of(worker_fields(worker));
  batch.add("EXPIRE", key, life.ttl.count());
  batch.add("SADD", keys::kWorkers, key);
  for (const std::string& queue : worker.queues) batch.add("SADD", keys::queue_workers(queue), key);
  return batch;
}

redis::Batch begin_session(const Claimant& claimant) {
  return redis::Batch{}.add("ZADD", keys::runs(claimant.worker), -1,
                            session_member(claimant.session), begun_score(claimant), "begun");
}

redis::Batch renew(std::span<const Execution> runs, std::chrono::seconds lease, Time now) {
  const std::string_view worker = runs.empty() ? std::string_view() : runs.front().worker;
  std::vector<std::string> args{codec::format_iso(now), codec::format_epoch(now),
                                whole_seconds(now), std::to_string(lease.count()),
                                std::string(name_of(worker))};
  for (const Execution& run : runs) {
    args.push_back(run.job_id);
    args.push_back(run.id);
    args.push_back(run.queue);
    args.push_back(run.started ? codec::format_iso(*run.started) : std::string());
    args.push_back(run.job_created);
  }
  return redis::Batch{}.call(scripts::renew,
                             {keys::runs(worker), keys::worker_executions(name_of(worker))}, args);
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

redis::Batch name_job(std::string_view worker, std::string_view job_id) {
  return redis::Batch{}.add("HSET", keys::worker(worker), "current_job", job_id);
}

redis::Batch rest(std::string_view worker, std::string_view state, const WorkDone& done) {
  const std::string key = keys::worker(worker);
  redis::Batch batch;
  // Should the connection break in between, no worker at rest names a job.
  batch.add("HDEL", key, "current_job", "current_job_working_time");
  batch.add("HSET", key, "state", state);
  count_work(batch, key, done);
  return batch;
}

redis::Batch announce_shutdown(std::string_view worker, Time now) {
  return redis::Batch{}.add("HSET", keys::worker(worker), "shutdown_requested_date",
                            codec::format_iso(now));
}

redis::Batch death(const Claimant& claimant, std::span<const std::string> queues, Time now) {
  constexpr int kRemembered = 60;  // seconds, as in RQ
  const std::string& worker = claimant.worker;
  std::vector<std::string> keys{keys::worker(name_of(worker)), std::string(keys::kWorkers),
                                keys::runs(worker), keys::inbox(worker),
                                std::string(keys::kLeases)};
  for (const std::string& queue : queues) keys.push_back(keys::queue_workers(queue));
  return redis::Batch{}.call(scripts::death, keys,
                             {worker, codec::format_iso(now), std::to_string(kRemembered),
                              begun_score(claimant), session_member(claimant.session)});
}

}  // namespace rqpp::protocol
