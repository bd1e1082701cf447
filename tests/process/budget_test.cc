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
  constexpr int kPerRenewal = 4;  // the script, TIME, ZADD, ZREVRANGEBYSCORE
  Program worker(words({"high", "low", "--name", "dobbin"}));
  await_idle(2);
  while (ask("HGET", "rq:worker:dobbin", "state").text != "idle")
    ::usleep(1'000);  // it has said so
  while (ask("PUBSUB", "NUMSUB", "rq:pubsub:dobbin").elements.at(1).number == 0 ||
         ask("INFO", "clients").text.find("tracking_clients:1\r") == std::string::npos) {
    ::usleep(1'000);  // it hears commands, and of suspensions
  }
  // The maintenance of its start is over: it ends with the page of groups, which are none.
  constexpr int kPages = 4;  // the workers of each queue, all workers, groups
  while (command_counts(connection)["sscan"] < kPages) ::usleep(1'000);
  reset_counts(connection);

  std::this_thread::sleep_for(65s);  // what is observed is real time; each 60 s it says it lives

  auto counts = command_counts(connection);
  const std::int64_t renewals = counts["eval"] + counts["evalsha"];
  EXPECT_GE(renewals, 15);
  EXPECT_LE(renewals, 17);  // each 4 s
  for (const char* part : {"time", "zadd", "zrevrangebyscore"}) EXPECT_EQ(counts[part], renewals);
  EXPECT_GE(counts["hset"], 1);
  EXPECT_LE(total(counts) - kPerRenewal * renewals, 4);
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
  await_idle(1);

  // Heartbeats, leases, texts of scripts, falling idle, and the settle of the first job included.
  EXPECT_LE(total(command_counts(connection)), 28 * kJobs);
  EXPECT_EQ(jobs.back().status(), Status::finished);
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
