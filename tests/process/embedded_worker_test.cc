// A worker whose jobs run in threads of the program, here of this test.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/redis_state.h"
#include "support/sanitizers.h"
#include "support/worker_test.h"

#include <rqpp/current_job.h>
#include <rqpp/embedded_worker.h>
#include <rqpp/error.h>
#include <rqpp/module.h>
#include <rqpp/retry_later.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

/// What a test and its jobs share: one program, one memory.
struct Shared {
  std::atomic<int> running{0};
  std::atomic<bool> open{false};
  std::atomic<bool> left{false};
};
Shared shared;

void wait_at_gate() {
  ++shared.running;
  while (!shared.open) std::this_thread::sleep_for(1ms);
  --shared.running;
  shared.left = true;
}

std::string until_stopped() {
  ++shared.running;
  while (!current_job().stop_requested()) std::this_thread::sleep_for(1ms);
  --shared.running;
  return "stopped in time";
}

int fail(int number) { throw std::runtime_error("no " + std::to_string(number)); }

void once_more() {
  if (!shared.left.exchange(true)) throw RetryLater({.max = 1});
}

}  // namespace

RQPP_MODULE(guests) {
  tasks.add("process", [] { return static_cast<int>(::getpid()); });
  tasks.add("thread", [] { return static_cast<std::int64_t>(::gettid()); });
  tasks.add("wait_at_gate", wait_at_gate);
  tasks.add("until_stopped", until_stopped);
  tasks.add("fail", fail);
  tasks.add("once_more", once_more);
  tasks.add("end_thread", [] { ::pthread_exit(nullptr); });
}

namespace {

class Embedded : public WorkerTest {
 protected:
  Embedded() {
    shared.running = 0;
    shared.open = false;
    shared.left = false;
  }
  ~Embedded() override { shared.open = true; }

  static EmbeddedWorkerOptions options(EmbeddedWorkerOptions more = {}) {
    more.url = server().url();
    more.modules = {rqpp_module_guests()};
    more.verbosity = Verbosity::quiet;
    return more;
  }
  static void until_running(int jobs) {
    while (shared.running != jobs) std::this_thread::sleep_for(1ms);
  }
  AnyJob guest(const std::string& task, EnqueueOptions given = {}) {
    return enqueue("guests." + task, {}, std::move(given));
  }
  std::string error_of(const AnyJob& job) {
    while (job.status() != Status::failed) std::this_thread::sleep_for(2ms);
    return job.exc_info();
  }
};

TEST_F(Embedded, RunsJobsInThisProcess) {
  EmbeddedWorker worker(options());

  EXPECT_EQ(guest("process").wait(30s), Value(static_cast<int>(::getpid())));
}

TEST_F(Embedded, RunsAsManyAtOnceAsItHasHorses) {
  EmbeddedWorker worker(options({.threads = 3}));
  std::vector<AnyJob> jobs;
  for (int i = 0; i < 4; ++i) jobs.push_back(guest("wait_at_gate"));

  until_running(3);
  EXPECT_EQ(ask("ZCARD", "rq:wip:default").number, 3);
  shared.open = true;

  for (const AnyJob& job : jobs) EXPECT_EQ(job.wait(30s), Value());
}

TEST_F(Embedded, EndsWithAnEmptyQueueInABurst) {
  const auto jobs = queue_.enqueue_many(std::vector<Call>(500, {.function = "guests.thread"}));

  EmbeddedWorker worker(options({.burst = true}));

  EXPECT_TRUE(worker.wait());
  const std::vector<Value> threads = queue_.wait_all(jobs, 10s);
  EXPECT_THAT(threads, Each(threads.front())) << "a thread is used again";
}

TEST_F(Embedded, LoadsModulesFromItsPathToo) {
  EmbeddedWorkerOptions given = options();
  given.path = {in_build("tests/modules").string()};
  EmbeddedWorker worker(given);

  EXPECT_EQ(enqueue("horses.pid").wait(30s), Value(static_cast<int>(::getpid())));
}

TEST_F(Embedded, TellsEachJobsErrorApart) {
  std::vector<AnyJob> jobs;
  for (int i = 0; i < 40; ++i) jobs.push_back(enqueue("guests.fail", {i}));

  EmbeddedWorker(options({.threads = 4, .burst = true})).wait();

  for (int i = 0; i < 40; ++i) {
    EXPECT_THAT(error_of(jobs[static_cast<std::size_t>(i)]),
                AllOf(HasSubstr("no " + std::to_string(i)), HasSubstr("runtime_error")));
  }
}

TEST_F(Embedded, LetsATaskAskForAnotherRun) {
  EmbeddedWorker worker(options());

  EXPECT_EQ(guest("once_more").wait(30s), Value());
}

TEST_F(Embedded, SurvivesATaskThatEndsItsThread) {
  EmbeddedWorker worker(options());

  EXPECT_THAT(error_of(guest("end_thread")), HasSubstr("pthread_exit"));
  EXPECT_EQ(guest("process").wait(30s), Value(static_cast<int>(::getpid())));
}

// ---- jobs that take too long

TEST_F(Embedded, AsksAJobToEndAtItsTimeout) {
  EmbeddedWorker worker(options());

  const AnyJob job = guest("until_stopped", {.timeout = 1s});

  EXPECT_THAT(error_of(job), HasSubstr("exceeded maximum timeout value (1 seconds)"));
  EXPECT_EQ(shared.running, 0);
}

TEST_F(Embedded, AsksAJobToEndThatSomebodyStops) {
  EmbeddedWorker worker(options({.name = "w", .grace = 60s}));
  const AnyJob job = guest("until_stopped");
  until_running(1);

  tell_worker("w", R"({"command": "stop-job", "job_id": ")" + job.id() + "\"}");

  while (job.status() == Status::started) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(job.status(), Status::stopped);
  EXPECT_EQ(shared.running, 0);
}

TEST_F(Embedded, PutsBackAJobThatHeedsTheEndOfItsPatience) {
  EmbeddedWorker worker(options({.stop_timeout = 0s, .grace = 60s}));
  const AnyJob job = guest("until_stopped");
  until_running(1);

  worker.stop();

  EXPECT_TRUE(worker.wait());
  EXPECT_EQ(job.status(), Status::queued);
}

TEST_F(Embedded, LeavesADeafJobToItself) {
  EmbeddedWorker worker(options({.grace = 0s}));

  const AnyJob deaf = guest("wait_at_gate", {.timeout = 1s});

  EXPECT_THAT(error_of(deaf), HasSubstr("exceeded maximum timeout value (1 seconds)"));
  EXPECT_EQ(guest("process").wait(30s), Value(static_cast<int>(::getpid())));
  EXPECT_EQ(shared.running, 1) << "its thread goes on";
  shared.open = true;
  while (!shared.left) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(deaf.status(), Status::failed) << "nobody hears of it any more";
}

// ---- how it ends

TEST_F(Embedded, FinishesRunningJobsAtItsEnd) {
  std::optional<EmbeddedWorker> worker(std::in_place, options());
  const AnyJob job = guest("wait_at_gate");
  const AnyJob next = guest("process");
  until_running(1);

  std::thread opens([] {
    std::this_thread::sleep_for(50ms);
    shared.open = true;
  });
  worker.reset();
  opens.join();

  EXPECT_EQ(job.status(), Status::finished);
  EXPECT_EQ(next.status(), Status::queued);
  EXPECT_EQ(ask("EXISTS", "rq:workers").number, 0);
}

TEST_F(Embedded, PutsAJobBackThatIsStoppedTwice) {
  EmbeddedWorker worker(options());
  const AnyJob job = guest("until_stopped");
  until_running(1);

  worker.stop();
  std::this_thread::sleep_for(1'100ms);
  worker.stop();

  EXPECT_TRUE(worker.wait());
  EXPECT_EQ(job.status(), Status::queued);
  until_running(0);
}

TEST_F(Embedded, LimitsHowLongItsEndWaits) {
  EmbeddedWorker worker(options({.stop_timeout = 0s, .grace = 0s}));
  const AnyJob job = guest("wait_at_gate");
  until_running(1);

  worker.stop();

  EXPECT_TRUE(worker.wait());
  EXPECT_EQ(job.status(), Status::queued);
  EXPECT_EQ(shared.running, 1);
  shared.open = true;
  while (!shared.left) std::this_thread::sleep_for(1ms);
}

// ---- what it costs Redis

TEST_F(Embedded, CostsRedisNoMoreThanAProcessThatIsUsedAgain) {
  if (kAddressSanitizer || kThreadSanitizer) {
    GTEST_SKIP() << "jobs take so long that workers show more of them";
  }
  constexpr int kJobs = 1'000;
  const auto commands_of_a_burst = [this](const auto& work) {
    queue_.enqueue_many(std::vector<Call>(kJobs, {.function = "horses.pid"}));
    reset_counts(connection);
    work();
    return total(command_counts(connection));
  };

  const std::int64_t processes = commands_of_a_burst([] { burst({"--jobs-per-horse", "100000"}); });
  const std::int64_t threads = commands_of_a_burst([] {
    EmbeddedWorkerOptions given = options({.burst = true});
    given.path = {in_build("tests/modules").string()};
    EmbeddedWorker(given).wait();
  });

  EXPECT_LT(threads, processes * 11 / 10);
}

// ---- bad input

TEST_F(Embedded, RefusesOptionsOutsideTheirRanges) {
  EXPECT_THROW(EmbeddedWorker(options({.threads = 0})), InvalidArgument);
  EXPECT_THROW(EmbeddedWorker(options({.grace = -1s})), InvalidArgument);
}

TEST_F(Embedded, SaysThatRedisIsAway) {
  EmbeddedWorkerOptions given = options();
  given.url = "redis://127.0.0.1:1";

  ::testing::internal::CaptureStderr();
  const bool good = EmbeddedWorker(given).wait();

  EXPECT_FALSE(good);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("connection refused"));
}

}  // namespace
}  // namespace rqpp::test
