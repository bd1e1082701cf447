// What a worker costs Redis, everything included, as INFO commandstats counts it. The numbers are
// those of docs/protocol.md.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/program.h"
#include "support/redis_state.h"
#include "support/sanitizers.h"
#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class Budget : public WorkerTest {
 protected:
  static constexpr int kPerRenewal = 4;  // the script, TIME, ZADD, ZREVRANGEBYSCORE

  /// What a worker executes until it has nothing more to do at its start.
  std::int64_t cost_of_start(std::vector<std::string> more) {
    reset_counts(connection);
    Program worker(words(std::move(more)));
    std::int64_t before = -1;
    for (std::int64_t now = 0; now == 0 || now != before;) {
      before = now;
      std::this_thread::sleep_for(1s);
      auto counts = command_counts(connection);
      // Leases are renewed while this looks.
      if (counts["blmove"] == 0) continue;
      now = total(counts) - kPerRenewal * counts["zrevrangebyscore"];
    }
    return before;
  }
  /// Until it waits on all its queues. INFO is not counted.
  void await_idle(int queues) {
    const std::string idle = "blocked_clients:" + std::to_string(queues) + "\r";
    while (ask("INFO", "clients").text.find(idle) == std::string::npos) ::usleep(1'000);
  }
};

TEST_F(Budget, AnIdleWorkerExecutes4CommandsAMinuteAndAsManyForEachRenewalOfItsLease) {
  if (kAddressSanitizer || kThreadSanitizer) {
    GTEST_SKIP() << "it counts for a minute what does not depend on the sanitizer";
  }
  Program worker(words({"high", "low", "--name", "dobbin"}));
  await_idle(2);
  while (ask("HGET", "rq:worker:dobbin", "state").text != "idle")
    ::usleep(1'000);  // it has said so
  while (ask("PUBSUB", "NUMSUB", "rq:pubsub:dobbin").elements.at(1).number == 0 ||
         ask("INFO", "clients").text.find("tracking_clients:1\r") == std::string::npos) {
    ::usleep(1'000);  // it hears commands, and of suspensions
  }
  // The maintenance of its start is over: it ends with the page of limits, of which there are none.
  constexpr int kPages = 5;  // the workers of each queue, all workers, groups, limits
  while (command_counts(connection)["sscan"] < kPages) ::usleep(1'000);
  reset_counts(connection);

  const auto began = std::chrono::steady_clock::now();
  // What is observed is real time: 15 renewals take a minute, and each 60 s it says it lives.
  std::map<std::string, std::int64_t> counts;
  std::int64_t renewals = 0;
  while (renewals < 16) {
    std::this_thread::sleep_for(100ms);
    counts = command_counts(connection);
    renewals = counts["eval"] + counts["evalsha"];
  }
  const auto lasted = std::chrono::steady_clock::now() - began;
  EXPECT_LE(renewals, lasted / 4s + 1);
  for (const char* part : {"time", "zadd", "zrevrangebyscore"}) EXPECT_EQ(counts[part], renewals);
  EXPECT_GE(counts["hset"], 1);
  EXPECT_LE(total(counts) - kPerRenewal * renewals, 4);
}

TEST_F(Budget, TheStartOfAWorkerDoesNotDependOnWhatRedisHolds) {
  const std::int64_t first = cost_of_start({"a"});
  const std::int64_t two_queues = cost_of_start({"b", "c"});
  queue_.sibling("other").enqueue_many(std::vector<Call>(2'000, {.function = "horses.pid"}));
  const std::int64_t beside_many = cost_of_start({"d"});

  EXPECT_LE(first, 64);
  EXPECT_LE(two_queues - first, 24);
  EXPECT_LE(beside_many, first);
}

TEST_F(Budget, ABusyWorkerExecutes28CommandsPerJob) {
  constexpr int kJobs = 1'000;
  const std::string gate =
      (fs::path(::testing::TempDir()) / ("rqpp-budget-" + std::to_string(::getpid()))).string();
  Program worker(words({"--quiet"}));  // nobody reads its log meanwhile
  await_idle(1);
  const AnyJob first = enqueue("gates.pass", {gate});
  while (first.status() != Status::started) ::usleep(1'000);
  const auto jobs = queue_.enqueue_many(std::vector<Call>(kJobs, {.function = "horses.pid"}));
  reset_counts(connection);

  std::ofstream(gate) << "open";
  jobs.back().wait(60s);  // The worker waits for more jobs while it runs the last.
  await_idle(1);

  // Heartbeats, leases, texts of scripts, falling idle, and the settle of the first job included.
  EXPECT_LE(total(command_counts(connection)), 28 * kJobs);
  fs::remove(gate);
}

TEST_F(Budget, AWorkerHasTwoConnectionsAndOnePerQueue) {
  Program worker(words({"high", "low", "--name", "dobbin"}));
  await_idle(2);

  const std::string clients = ask("CLIENT", "LIST").text;

  int found = 0;
  for (std::size_t at = 0; (at = clients.find("name=dobbin ", at)) != std::string::npos; ++at) {
    found += 1;
  }
  EXPECT_EQ(found, 4);
}

}  // namespace
}  // namespace rqpp::test
