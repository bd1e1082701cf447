// The worker as a program, with real horses and a real Redis.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/program.h"
#include "support/redis_state.h"
#include "support/sanitizers.h"
#include "support/temporary_folder.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class WorkerProcess : public RedisTest {
 protected:
  void TearDown() override { worker_.reset(); }

  static std::vector<std::string> words(std::vector<std::string> more, const std::string& url) {
    std::vector<std::string> all{"worker", "--path", in_build("tests/modules").string(), "--url",
                                 url};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Starts a worker that goes on until it is told to stop, and waits until it listens.
  void start(std::vector<std::string> more = {}, const std::string& url = server().url()) {
    worker_ = std::make_unique<Program>(words(std::move(more), url));
    worker_->await_error("*** Listening on");
  }
  static Ended burst(std::vector<std::string> more = {}) {
    more.emplace_back("--burst");
    return rqpp(words(std::move(more), server().url()));
  }

  AnyJob enqueue(const std::string& task, Value::Items args = {}, EnqueueOptions options = {},
                 const std::string& queue = "default") {
    return queue_.sibling(queue).enqueue(Call{.function = task, .args = std::move(args)}, options);
  }
  std::string gate(const std::string& name) const { return (folder_ / name).string(); }
  void open(const std::string& name) const { std::ofstream(folder_ / name) << "open"; }
  /// Condition by condition; the test's own timeout ends a wait in vain.
  template <class Condition>
  static void await(const Condition& condition) {
    while (!condition()) ::usleep(1'000);
  }
  static void await_status(const AnyJob& job, Status status) {
    await([&] { return job.status() == status; });
  }
  std::int64_t reads_of_redis() {
    const std::string info = ask("INFO", "stats").text;
    const std::string field = "total_reads_processed:";
    return std::stoll(info.substr(info.find(field) + field.size()));
  }

  TemporaryFolder folder_{};
  Queue queue_{"default", {.url = server().url()}};
  std::unique_ptr<Program> worker_;
};

// ---- cost

TEST_F(WorkerProcess, NeedsAtMost28CommandsAndOneRoundTripPerJob) {
  constexpr int kJobs = 200;
  reset_counts(connection);
  ASSERT_EQ(burst().exit_code, 0);
  // Birth, death, and the maintenance of its start.
  const std::int64_t without_jobs = total(command_counts(connection));
  const std::vector<Call> calls(kJobs, Call{.function = "horses.pid"});
  const auto jobs = queue_.enqueue_many(calls);
  reset_counts(connection);
  const std::int64_t reads = reads_of_redis();

  ASSERT_EQ(burst().exit_code, 0);

  auto counts = command_counts(connection);
  // On a slow machine no job is quick, so that each needs all 28, and the lease is renewed
  // meanwhile.
  const std::int64_t renewals = 4 * counts["zrevrangebyscore"];
  constexpr int kOnce = 8;  // to count the work, the first texts of the scripts
  EXPECT_LE(total(counts), 28 * kJobs + without_jobs + renewals + kOnce);
  // Instrumented, a job may last so long that it is shown to observers, which is one more.
  constexpr int kPerJob = kAddressSanitizer || kThreadSanitizer ? 2 : 1;
  constexpr int kReadsWithoutJobs = 40;
  EXPECT_LE(reads_of_redis() - reads, kPerJob * kJobs + kReadsWithoutJobs);
  EXPECT_EQ(jobs.back().status(), Status::finished);
}

TEST_F(WorkerProcess, OfManyIdleWorkersOneWakesForAnArrival) {
  std::vector<std::unique_ptr<Program>> fleet;
  for (int i = 0; i < 3; ++i) {
    start({"default", "low"});
    fleet.push_back(std::move(worker_));
  }
  // Everybody waits on both queues.
  await([&] {
    const std::string info = ask("INFO", "clients").text;
    return info.find("blocked_clients:6") != std::string::npos;
  });
  enqueue("horses.pid").wait(30s);  // the module is loaded, the scripts are known
  await([&] { return ask("INFO", "clients").text.find("blocked_clients:6") != std::string::npos; });
  reset_counts(connection);

  enqueue("horses.pid").wait(30s);
  await([&] { return ask("INFO", "clients").text.find("blocked_clients:6") != std::string::npos; });

  const auto counts = command_counts(connection);
  const auto calls = [&](const char* name) {
    const auto found = counts.find(name);
    return found == counts.end() ? 0 : found->second;
  };
  // A claim, then a settle with a claim that finds nothing; and one wait, armed again.
  EXPECT_LE(calls("evalsha") + calls("eval"), 3 + 2);  // 2: a worker sends a script's text once
  EXPECT_EQ(calls("blmove"), 1);
}

// ---- order and number

TEST_F(WorkerProcess, ListensBeforeItTakesItsFirstJob) {
  enqueue("horses.pid");
  ask("CONFIG", "SET", "slowlog-max-len", 1'000);
  ask("CONFIG", "SET", "slowlog-log-slower-than", 0);
  ask("SLOWLOG", "RESET");

  burst();

  ask("CONFIG", "SET", "slowlog-log-slower-than", 10'000);
  std::vector<std::string> order;  // the newest first
  for (const redis::Reply& entry : ask("SLOWLOG", "GET", 1'000).elements) {
    const auto& words = entry.elements.at(3).elements;
    const bool of_queue = std::any_of(words.begin(), words.end(), [](const redis::Reply& word) {
      return word.text == "rq:queue:default";
    });
    if (words.front().text == "SUBSCRIBE") order.emplace_back("subscribes");
    if (of_queue && words.front().text == "EVAL") order.emplace_back("claims");
  }
  EXPECT_EQ(order.back(), "subscribes");
  EXPECT_THAT(order, testing::Contains("claims"));
}

TEST_F(WorkerProcess, TakesTheFirstQueueFirst) {
  const AnyJob low = enqueue("horses.pid", {}, {}, "low");
  const AnyJob high = enqueue("horses.pid", {}, {}, "high");

  ASSERT_EQ(burst({"high", "low"}).exit_code, 0);

  EXPECT_LT(high.info().ended_at, low.info().ended_at);
}

TEST_F(WorkerProcess, RunsAsManyJobsAtOnceAsItHasHorses) {
  // Each is let through by the end of the other's wait: alone, none would end.
  const AnyJob first = enqueue("gates.pass", {gate("a")});
  const AnyJob second = enqueue("gates.pass", {gate("a")});
  start({"--horses", "2"});

  await_status(first, Status::started);
  await_status(second, Status::started);
  open("a");

  EXPECT_NE(first.wait(30s), second.wait(30s));  // their process ids
}

TEST_F(WorkerProcess, KeepsNoJobThatItTookAheadFromAnotherWorker) {
  start();
  for (int i = 0; i < 5; ++i) enqueue("horses.pid").wait(30s);  // quick: the next is taken ahead
  const auto jobs = queue_.enqueue_many({Call{.function = "horses.pid"},
                                         Call{.function = "gates.pass", .args = {gate("slow")}},
                                         Call{.function = "horses.pid"}});
  await_status(jobs[1], Status::started);
  const auto first = std::move(worker_);

  start();

  EXPECT_FALSE(jobs[2].wait(30s).is_null());
  EXPECT_EQ(jobs[1].status(), Status::started);
  open("slow");
  jobs[1].wait(30s);
}

TEST_F(WorkerProcess, GivesEachJobAFreshProcess) {
  const auto jobs = queue_.enqueue_many(std::vector<Call>(6, Call{.function = "horses.pid"}));

  ASSERT_EQ(burst().exit_code, 0);

  std::set<std::int64_t> pids;
  for (const AnyJob& job : jobs) pids.insert(job.wait(1s).as_int());
  EXPECT_EQ(pids.size(), 6U);
}

TEST_F(WorkerProcess, GivesAHorseAsManyJobsAsTold) {
  const auto jobs = queue_.enqueue_many(std::vector<Call>(6, Call{.function = "horses.pid"}));

  ASSERT_EQ(burst({"--jobs-per-horse", "3"}).exit_code, 0);

  std::set<std::int64_t> pids;
  for (const AnyJob& job : jobs) pids.insert(job.wait(1s).as_int());
  EXPECT_EQ(pids.size(), 2U);
}

// ---- bad ends

TEST_F(WorkerProcess, LivesOnWhateverItsJobsDo) {
  const AnyJob crash = enqueue("horses.crash");
  const AnyJob exit = enqueue("horses.exit_with", {7});
  const AnyJob error = enqueue("horses.throw_deep", {3});
  const AnyJob good = enqueue("horses.pid");

  ASSERT_EQ(burst().exit_code, 0);

  EXPECT_THAT(crash.exc_info(), HasSubstr("waitpid returned 11 (signal 11)"));
  EXPECT_THAT(crash.exc_info(), HasSubstr("SIGSEGV"));
  EXPECT_THAT(exit.exc_info(), HasSubstr("7"));
  EXPECT_THAT(error.exc_info(), HasSubstr("sink_the_boat"));
  EXPECT_THAT(error.exc_info(), HasSubstr("std::runtime_error: water in the hold"));
  EXPECT_EQ(good.status(), Status::finished);
  EXPECT_EQ(crash.status(), Status::failed);
  EXPECT_EQ(exit.status(), Status::failed);
}

TEST_F(WorkerProcess, AsksAJobToEndAtItsTimeout) {
  const AnyJob job = enqueue("gates.until_stopped", {}, {.timeout = 1s});

  ASSERT_EQ(burst({"--grace", "30"}).exit_code, 0);

  EXPECT_EQ(job.status(), Status::failed);
  EXPECT_THAT(job.exc_info(), HasSubstr("Task exceeded maximum timeout value (1 seconds)"));
}

TEST_F(WorkerProcess, KillsAJobThatIgnoresItsTimeout) {
  const AnyJob job = enqueue("gates.deaf", {}, {.timeout = 1s});

  ASSERT_EQ(burst({"--grace", "1"}).exit_code, 0);

  EXPECT_EQ(job.status(), Status::failed);
  EXPECT_THAT(job.exc_info(), HasSubstr("Task exceeded maximum timeout value (1 seconds)"));
}

TEST_F(WorkerProcess, DropsTheOutcomeOfAJobThatWasCanceledWhileItRan) {
  const AnyJob job = enqueue("gates.pass", {gate("a")});
  start();
  await_status(job, Status::started);

  AnyJob(job).cancel();
  open("a");

  worker_->await_error("its outcome is dropped");
  EXPECT_EQ(job.status(), Status::canceled);
}

TEST_F(WorkerProcess, RefusesANameThatIsTaken) {
  start({"--name", "dobbin"});

  const Ended ended = burst({"--name", "dobbin"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("there is a worker named 'dobbin' already"));
}

// ---- what a job asks for

TEST_F(WorkerProcess, SavesMetaAndEnqueuesForAJob) {
  const AnyJob job = enqueue("gates.enqueue_and_save", {"other"});

  ASSERT_EQ(burst({"default", "other"}).exit_code, 0);

  EXPECT_EQ(job.meta().at("progress"), Value(50));
  const AnyJob child = queue_.job(job.wait(1s).as_string());
  EXPECT_EQ(child.info().queue, "other");
  EXPECT_EQ(child.status(), Status::finished);
}

// ---- stops

TEST_F(WorkerProcess, FinishesItsJobWhenToldToStop) {
  const AnyJob job = enqueue("gates.pass", {gate("a")});
  const AnyJob left = enqueue("horses.pid");
  start();
  await_status(job, Status::started);

  worker_->signal(SIGTERM);
  worker_->await_error("warm shut down requested");
  open("a");

  EXPECT_EQ(worker_->wait().exit_code, 0);
  EXPECT_EQ(job.status(), Status::finished);
  EXPECT_EQ(left.status(), Status::queued);
  EXPECT_EQ(ask("SCARD", "rq:workers").number, 0);
}

TEST_F(WorkerProcess, KillsItsJobAndPutsItBackWhenToldTwice) {
  const AnyJob job = enqueue("gates.pass", {gate("never")});
  start();
  await_status(job, Status::started);

  worker_->signal(SIGINT);
  worker_->await_error("warm shut down requested");
  ::usleep(1'100'000);  // the one second in which a second signal counts as the same
  worker_->signal(SIGINT);

  EXPECT_EQ(worker_->wait().exit_code, 0);
  EXPECT_EQ(job.status(), Status::queued);
  EXPECT_EQ(queue_.ids(), std::vector<std::string>{job.id()});
}

TEST_F(WorkerProcess, LosesNoJobThatArrivesWhileItStops) {
  for (int i = 0; i < 15; ++i) {
    start();
    std::vector<AnyJob> jobs;
    for (int n = 0; n < 5; ++n) jobs.push_back(enqueue("horses.pid"));
    worker_->signal(SIGTERM);
    ASSERT_EQ(worker_->wait().exit_code, 0);

    for (const AnyJob& job : jobs) {
      const bool queued = job.status() == Status::queued;
      EXPECT_TRUE(queued || job.status() == Status::finished) << to_string(job.status());
      EXPECT_EQ(ask("LPOS", "rq:queue:default", job.id()).is_nil(), !queued);
    }
    ask("DEL", "rq:queue:default");
  }
}

// ---- Redis goes away

/// With a server that keeps its data, and may be stopped.
class WorkerOutage : public WorkerProcess {
 protected:
  sandbox::EphemeralServer mortal_{
      {.arguments = {"--appendonly", "yes", "--appendfsync", "always"}}};
  Queue mortal_queue_{"default", {.url = mortal_.url()}};
};

TEST_F(WorkerOutage, SettlesTheRunningJobWhenRedisIsBack) {
  const AnyJob job = mortal_queue_.enqueue(Call{.function = "gates.pass", .args = {gate("a")}});
  start({}, mortal_.url());
  await_status(job, Status::started);

  mortal_.stop();
  worker_->await_error("Trying again until it is back");
  open("a");
  mortal_.start();

  worker_->await_error("Redis is back");
  await_status(job, Status::finished);
  const AnyJob next = mortal_queue_.enqueue(Call{.function = "horses.pid"});
  EXPECT_GT(next.wait(60s).as_int(), 0);
}

TEST_F(WorkerOutage, RegistersAgainAtARedisThatForgotEverything) {
  start({"--name", "dobbin"}, mortal_.url());
  redis::Connection control(mortal_.settings());
  control.run(redis::Batch{}.add("FLUSHALL"));

  mortal_.stop();
  worker_->await_error("Trying again until it is back");
  mortal_.start();
  worker_->await_error("Redis is back");

  await([&] {
    return control.run(redis::Batch{}.add("HGET", "rq:worker:dobbin", "queues")).at(0).text ==
           "default";
  });
  EXPECT_GT(mortal_queue_.enqueue(Call{.function = "horses.pid"}).wait(60s).as_int(), 0);
}

}  // namespace
}  // namespace rqpp::test
