// rqpp doctor as people start it.

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/cutting_proxy.h"
#include "support/program.h"
#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

class CliDoctor : public WorkerTest {
 protected:
  static Ended doctor(std::vector<std::string> words, const ProgramOptions& options = {}) {
    words.insert(words.begin(), {"doctor", "--for", "1s"});
    if (std::find(words.begin(), words.end(), "--url") == words.end()) {
      words.insert(words.end(), {"--url", server().url()});
    }
    return rqpp(std::move(words), options);
  }
  void plant_dead_worker() { ask("SADD", "rq:workers", "rq:worker:dead"); }
};

/// Does the same over and over in a thread, until this ends.
class Repeated {
 public:
  explicit Repeated(std::function<void()> turn)
      : thread_([this, turn = std::move(turn)] {
          while (!over_) turn();
        }) {}
  Repeated(const Repeated&) = delete;
  Repeated& operator=(const Repeated&) = delete;
  ~Repeated() {
    over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> over_{false};
  std::thread thread_;
};

// A cache in good health beside a queue in good health, both at work.
TEST_F(CliDoctor, FindsNothingOnABusyRedisThatIsWell) {
  for (int i = 0; i < 500; ++i) {
    ask("SET", "user:" + std::to_string(i), "v");
    ask("SET", "session:" + std::to_string(i), "v", "EX", 3'600);
  }
  redis::Connection cache(server().settings());
  const Repeated reads([&cache] {
    redis::Batch batch;
    for (int i = 0; i < 100; ++i) {
      batch.add("GET", "user:" + std::to_string(i));
      batch.add("SET", "session:" + std::to_string(i), "v", "EX", 3'600);
      batch.add("HSET", "profile:1", "name", "x");
      batch.add("ZADD", "scores", i, "a");
      batch.add("ZRANGE", "scores", 0, 9);
    }
    cache.run(batch);
  });
  Program worker(words({"--quiet", "--with-scheduler"}));
  Queue queue("default", {.url = server().url()});
  const Repeated producer([&queue] {
    // As many as are done, so that the queue does not grow.
    if (queue.size() < 100) queue.enqueue_many(std::vector<Call>(50, {.function = "horses.pid"}));
    std::this_thread::sleep_for(1ms);
  });
  while (queue.registry(RegistryKind::finished).count() == 0) std::this_thread::sleep_for(10ms);

  const Ended ended = doctor({"--json", "--fail-on", "warning"});

  const Json report = Json::parse(ended.out);
  EXPECT_EQ(ended.exit_code, 0) << report["findings"].dump(2) << report["load"].dump(2);
  EXPECT_GT(report["load"]["commands_per_second"], 1'000);
}

TEST_F(CliDoctor, ReportsAndPromisesRepairs) {
  plant_dead_worker();

  const Ended ended = doctor({});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, StartsWith("redis 7"));
  EXPECT_THAT(ended.out, HasSubstr("\nwarning   Dead workers: 1 of 1 that are registered\n"
                                   "          - dead\n"));
  EXPECT_THAT(ended.out, HasSubstr("\nThis visit cost Redis "));
  EXPECT_THAT(ended.out, HasSubstr("\n`rqpp doctor --repair` would do 1:\n"
                                   "  rq:workers: SREM of each worker that has no hash\n"));
  EXPECT_EQ(ask("SCARD", "rq:workers").number, 1) << "nothing was done";
}

TEST_F(CliDoctor, Repairs) {
  plant_dead_worker();

  const Ended ended = doctor({"--repair"});

  EXPECT_THAT(ended.out, HasSubstr("\ndone: rq:workers: SREM of each worker that has no hash\n"));
  EXPECT_EQ(ask("EXISTS", "rq:workers").number, 0);
  EXPECT_THAT(doctor({"--repair"}).out, HasSubstr("\nNothing to repair.\n"));
}

TEST_F(CliDoctor, TellsProgramsWhatItFoundAndDid) {
  plant_dead_worker();

  const Ended ended = doctor({"--json", "--repair", "--keys", "0"});

  const Json report = Json::parse(ended.out);
  EXPECT_EQ(report["repairs"][0]["outcome"], "done");
  bool named = false;
  for (const Json& finding : report["findings"]) named |= finding["id"] == "dead-workers";
  EXPECT_TRUE(named) << report.dump(2);
}

TEST_F(CliDoctor, FailsOnWhatIsBadEnough) {
  plant_dead_worker();

  EXPECT_EQ(doctor({"--fail-on", "note"}).exit_code, 3);
  EXPECT_EQ(doctor({"--fail-on", "warning"}).exit_code, 3);
  EXPECT_EQ(doctor({"--fail-on", "critical"}).exit_code, 0);
}

TEST_F(CliDoctor, RefusesWordsThatMakeNoSense) {
  EXPECT_THAT(doctor({"--fail-on", "trouble"}).err,
              HasSubstr("--fail-on: 'trouble' is neither note, warning nor critical"));
  EXPECT_EQ(doctor({"--fail-on", "trouble"}).exit_code, 2);
  EXPECT_THAT(rqpp({"doctor", "--for", "0s"}).err, HasSubstr("--for: use 1 s to 1 h"));
  EXPECT_THAT(rqpp({"doctor", "--monitor", "2h"}).err, HasSubstr("--monitor: use 1 s to 1 h"));
}

TEST_F(CliDoctor, SaysThatRedisRefuses) {
  const Ended ended = doctor({"--url", "redis://127.0.0.1:1/0"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("cannot reach redis://127.0.0.1:1/0: connection refused"));
}

TEST_F(CliDoctor, EndsEarlyWhenItIsInterrupted) {
  Program program({"doctor", "--for", "1h", "--url", server().url()});
  program.await_error("Looking at the load");

  program.signal(SIGINT);

  const Ended ended = program.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("This visit cost Redis"));
}

TEST_F(CliDoctor, RepairsNoReplica) {
  ask("CONFIG", "SET", "repl-diskless-sync-delay", 0);
  const sandbox::EphemeralServer replica(
      {.arguments = {"--replicaof", "127.0.0.1 " + std::to_string(server().tcp_settings().port)}});
  plant_dead_worker();
  redis::Connection other(replica.settings());
  while (other.try_run(redis::Batch().add("SCARD", "rq:workers")).at(0).number == 0) {
    std::this_thread::sleep_for(10ms);
  }

  const Ended ended = doctor({"--repair", "--url", replica.url()});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("this is a replica, which takes no writes"));
}

TEST_F(CliDoctor, ShowsNoEscapesOfOthers) {
  ask("SADD", "rq:queues", "rq:queue:\x1b]0;pwned\x07");
  ask("RPUSH", "rq:queue:\x1b]0;pwned\x07:intermediate", "\x1b[2J");
  ask("HSET", "rq:job:\x1b[2J", "status", "queued", "data", "x");

  const Ended ended = doctor({});

  EXPECT_THAT(ended.out, AllOf(HasSubstr("\\x1b]0;pwned"), Not(HasSubstr("\x1b"))));
}

}  // namespace
}  // namespace rqpp::test
