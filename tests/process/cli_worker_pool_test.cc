#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/program.h"
#include "support/redis_state.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class CliWorkerPool : public RedisTest {
 protected:
  static std::vector<std::string> words(std::vector<std::string> more) {
    std::vector<std::string> all{"worker-pool", "--path", in_build("tests/modules").string(),
                                 "--url", server().url()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Condition by condition; the test's own timeout ends a wait in vain.
  template <class Condition>
  static void await(const Condition& condition) {
    while (!condition()) ::usleep(1'000);
  }
  /// The processes of the workers that have said that they wait for jobs.
  std::set<pid_t> idle_workers() {
    std::set<pid_t> pids;
    for (const auto& key : ask("SMEMBERS", "rq:workers").elements) {
      const auto fields = ask("HMGET", key.text, "pid", "state").elements;
      if (fields[1].text == "idle") pids.insert(std::stoi(fields[0].text));
    }
    return pids;
  }
  void await_workers(std::size_t count) {
    await([&] { return idle_workers().size() == count; });
  }

  Queue queue{"default", {.url = server().url()}};
};

TEST_F(CliWorkerPool, RunsWhatIsThereAndEnds) {
  const auto jobs = queue.enqueue_many(std::vector<Call>(20, {.function = "horses.pid"}));

  const Ended ended = rqpp(words({"-n", "3", "--burst"}));

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  for (const AnyJob& job : jobs) EXPECT_EQ(job.status(), Status::finished);
  EXPECT_EQ(ask("SCARD", "rq:workers").number, 0);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("Worker pool: started with PID"),
                               HasSubstr("Worker pool: all workers have ended")));
}

TEST_F(CliWorkerPool, ReplacesAWorkerThatWasKilled) {
  Program pool(words({"-n", "2"}));
  await_workers(2);
  const std::set<pid_t> before = idle_workers();
  const pid_t victim = *before.begin();

  ::kill(victim, SIGKILL);

  await([&] {
    const auto now = idle_workers();
    return now.size() == 3;  // the hash of the dead one lives on for a while
  });
  pool.await_error("was ended by signal 9 (Killed)");
  pool.signal(SIGTERM);
  EXPECT_EQ(pool.wait().exit_code, 0);
}

TEST_F(CliWorkerPool, EndsWithAllItsWorkersWhenAskedTo) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Program pool(words({"-n", "3"}));
    await_workers(3);
    const std::set<pid_t> workers = idle_workers();

    pool.signal(signal);

    EXPECT_EQ(pool.wait().exit_code, 0);
    EXPECT_EQ(ask("SCARD", "rq:workers").number, 0);
    for (const pid_t worker : workers) EXPECT_EQ(::kill(worker, 0), -1);
  }
}

TEST_F(CliWorkerPool, LetsRunningJobsEndAtTheFirstSignalAndKillsThemAtTheSecond) {
  const std::string gate =
      (fs::path(::testing::TempDir()) / ("rqpp-pool-" + std::to_string(getpid()))).string();
  const AnyJob first = queue.enqueue({.function = "gates.pass", .args = {gate + "-1"}});
  const AnyJob second = queue.enqueue({.function = "gates.pass", .args = {gate + "-2"}});
  Program pool(words({"-n", "2"}));
  await([&] { return first.status() == Status::started && second.status() == Status::started; });

  pool.signal(SIGINT);
  pool.await_error("Worker pool: warm shut down requested");
  std::ofstream(gate + "-1") << "open";
  EXPECT_NO_THROW(first.wait(30s));
  // As in RQ, a worker takes two signals within a second for one.
  await([&] {
    pool.signal(SIGINT);
    return second.status() != Status::started;
  });

  EXPECT_EQ(pool.wait().exit_code, 0);
  EXPECT_NE(second.status(), Status::finished);
  fs::remove(gate + "-1");
}

TEST_F(CliWorkerPool, TakesCtrlCForOneSignal) {
  const std::string gate =
      (fs::path(::testing::TempDir()) / ("rqpp-pool-" + std::to_string(getpid()))).string();
  const AnyJob job = queue.enqueue({.function = "gates.pass", .args = {gate}});
  Program pool(words({"-n", "1"}), {.environment = {{"TERM", "xterm"}}, .terminal = true});
  await([&] { return job.status() == Status::started; });

  pool.type("\x03");
  pool.await_error("Worker pool: warm shut down requested");
  std::ofstream(gate) << "open";

  EXPECT_EQ(pool.wait().exit_code, 0);
  EXPECT_EQ(job.status(), Status::finished);
  fs::remove(gate);
}

TEST_F(CliWorkerPool, EndsItsWorkersWhenItIsKilledItself) {
  Program pool(words({"-n", "2"}));
  await_workers(2);

  pool.signal(SIGKILL);

  EXPECT_EQ(pool.wait().signal, SIGKILL);  // and its log is closed: nobody holds it open
  EXPECT_EQ(ask("SCARD", "rq:workers").number, 0);
}

TEST_F(CliWorkerPool, AsksRedisForNothingItself) {
  Program pool(words({"-n", "2"}));
  await_workers(2);

  const std::string folder = "/proc/" + std::to_string(pool.pid()) + "/fd";
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::error_code gone;
    EXPECT_THAT(fs::read_symlink(entry, gone).string(), ::testing::Not(HasSubstr("socket:")));
  }
}

TEST_F(CliWorkerPool, DoesNotRepeatWhatCannotWork) {
  const Ended ended = rqpp(words({"-n", "2", "--horses", "0"}));

  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("horses is 0: use 1 to 1000"));
}

TEST_F(CliWorkerPool, RefusesToStartWhileSuspended) {
  ask("SET", "rq:suspended", 1);

  const Ended ended = rqpp(words({"-n", "2"}));

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("RQ is currently suspended"));
  EXPECT_THAT(ended.out, IsEmpty());
}

}  // namespace
}  // namespace rqpp::test
