#include "support/crowd.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "protocol/keys.h"
#include "protocol/transitions.h"

#include <rqpp/buffered_producer.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kPast = 1'000'000'000;  // as Unix time
constexpr std::int64_t kFuture = 4'000'000'000;
constexpr std::int64_t kJobs = 1'000;  // of a registry are there
constexpr auto kLong = 24h;

const Call kNothing{.function = "horses.nothing"};

std::string name(const char* prefix, std::int64_t number) {
  return prefix + std::to_string(number);
}

}  // namespace

Crowd::Crowd(std::string url, const CrowdSize& size)
    : queue_("big", {.url = url}), connection_(redis::parse_url(url)), size_(size) {}

void Crowd::open_queues() {
  queue_.enqueue(kNothing);
  for (int i = 1; i < size_.queues; ++i) queue_.sibling(name("q", i)).enqueue(kNothing);
}

void Crowd::hire_living() {
  for (int i = 0; i < size_.workers / 2; ++i) {
    connection_.run(protocol::birth({.name = name("alive-", i),
                                     .queues = {"big", name("q", 1 + i)},
                                     .state = "idle",
                                     .birth = base::now(),
                                     .last_heartbeat = base::now()},
                                    {.worker = name("alive-", i)}, {.ttl = kLong, .lease = kLong},
                                    {}));
  }
}

void Crowd::hire_dead() {
  for (int i = 0; i < size_.workers / 4; ++i) {
    hire_lost(i);
    hire_gone(i);
  }
}

// Its lease is over at once, and it had three jobs.
void Crowd::hire_lost(int number) {
  const std::string worker = name("dead-", number);
  const std::string queue = name("q", 1 + number);
  connection_.run(protocol::birth({.name = worker,
                                   .queues = {queue},
                                   .state = "busy",
                                   .birth = base::now(),
                                   .last_heartbeat = base::now()},
                                  {.worker = worker}, {.ttl = kLong, .lease = 60s}, {}));
  queue_.sibling(queue).enqueue_many(std::vector<Call>(3, kNothing));
  connection_.run(protocol::claim({.claimant = {.worker = worker},
                                   .queues = {queue},
                                   .execution_ids = {worker + "a", worker + "b", worker + "c"}},
                                  90s, base::now()));
  // Not before: another worker may run, and would take it for dead with nothing in its hands.
  connection_.run(redis::Batch{}.add("ZADD", protocol::keys::kLeases, 1, worker));
}

void Crowd::hire_gone(int number) {
  const std::string worker = name("rq:worker:gone-", number);
  redis::Batch batch;
  batch.add("SADD", "rq:workers", worker);
  batch.add("SADD", "rq:workers:big", worker);
  connection_.run(batch);
}

void Crowd::fill_queues() {
  const std::int64_t each = size_.jobs / 5 / (size_.queues - 1);
  for (int i = 1; i < size_.queues; ++i) {
    queue_.sibling(name("q", i))
        .enqueue_many(std::vector<Call>(static_cast<std::size_t>(each), kNothing));
  }
  BufferedProducer producer(queue_);
  for (std::int64_t i = 0; i < size_.jobs / 5 * 4; ++i) producer.enqueue(kNothing);
  producer.flush();
}

void Crowd::fill(const Entries& entries) {
  constexpr std::int64_t kAtOnce = 1'000;
  for (std::int64_t begin = 0; begin < size_.entries; begin += kAtOnce) {
    redis::Batch batch;
    batch.add("ZADD", entries.registry);
    const std::int64_t end = std::min(begin + kAtOnce, size_.entries);
    for (std::int64_t i = begin; i < end; ++i) {
      batch.more(i < size_.entries / 2 ? entries.early_score : entries.late_score,
                 name(entries.prefix, i) + entries.suffix);
    }
    connection_.run(batch);
  }
}

void Crowd::save_jobs(const char* prefix, const char* status) {
  const AnyJob model = queue_.enqueue(kNothing, {.at_front = true});
  const std::string key = "rq:job:" + model.id();
  const std::string data = connection_.run(redis::Batch{}.add("HGET", key, "data")).at(0).text;
  redis::Batch batch;
  for (std::int64_t i = 0; i < std::min(kJobs, size_.entries); ++i) {
    // Those of the later half stay.
    const std::int64_t number = size_.entries / 2 - kJobs / 2 + i;
    batch.add("HSET", "rq:job:" + name(prefix, number), "data", data, "status", status, "origin",
              "big", "worker_name", "gone-1", "created_at", "2026-01-01T00:00:00.000000Z",
              "enqueued_at", "2026-01-01T00:00:00.000000Z", "timeout", 180);
  }
  connection_.run(batch);
}

void Crowd::fill_registries() {
  const std::int64_t now =
      std::chrono::floor<std::chrono::seconds>(base::now().time_since_epoch()).count();
  fill({"rq:finished:big", "fin", "", kPast, kFuture});
  fill({"rq:failed:big", "bad", "", kPast, kFuture});
  fill({"rq:canceled:big", "can", "", kPast, now});
  fill({"rq:deferred:big", "def", "", now, now});
  fill({"rq:scheduled:big", "sch", "", kFuture, kFuture});
  fill({"rq:wip:big", "run", ":e1", kPast, kFuture});
  save_jobs("bad", "failed");
  save_jobs("can", "canceled");
  save_jobs("run", "started");
}

}  // namespace rqpp::test
