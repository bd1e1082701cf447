// Several quick jobs that a horse gets at once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/redis_state.h"
#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class Rows : public WorkerTest {
 protected:
  void TearDown() override { fs::remove(gate_); }

  /// Jobs that are over at once, so that those behind them come in rows.
  std::vector<Job<Value>> enqueue_quick(int count) {
    return queue_.enqueue_many(
        std::vector<Call>(static_cast<std::size_t>(count), {.function = "horses.pid"}));
  }
  static Ended burst_of_one_horse() { return burst({"--jobs-per-horse", "1000000"}); }

  static int finished(const std::vector<Job<Value>>& jobs) {
    return static_cast<int>(std::count_if(jobs.begin(), jobs.end(), [](const Job<Value>& job) {
      return job.status() == Status::finished;
    }));
  }

  const fs::path gate_ = fs::temp_directory_path() / ("rqpp-row-" + std::to_string(::getpid()));
};

TEST_F(Rows, AreRunByOneProcess) {
  const auto jobs = enqueue_quick(300);

  EXPECT_EQ(burst_of_one_horse().exit_code, 0);

  EXPECT_EQ(finished(jobs), 300);
  const std::vector<Value> pids = queue_.wait_all(jobs, 10s);
  EXPECT_EQ(std::count(pids.begin(), pids.end(), pids.front()), 300);
  EXPECT_EQ(ask("ZCARD", "rq:wip:default").number, 0);
}

TEST_F(Rows, LeaveWhatWaitsBehindASlowJobToOthers) {
  enqueue_quick(100);
  const AnyJob slow = enqueue("gates.pass", {gate_.string()});
  const auto behind = enqueue_quick(100);
  Program worker(words({"--jobs-per-horse", "1000000"}));
  while (slow.status() != Status::started) ::usleep(1'000);

  burst_of_one_horse();

  EXPECT_EQ(finished(behind), 100);
  EXPECT_EQ(slow.status(), Status::started);
  std::ofstream(gate_) << "open";
  slow.wait(10s);
}

TEST_F(Rows, KeepWhatEachJobWroteApart) {
  enqueue_quick(100);
  std::vector<AnyJob> loud;
  std::vector<Job<Value>> quiet;
  for (int i = 0; i < 20; ++i) {
    loud.push_back(enqueue("talkers.write_and_throw"));
    const auto some = enqueue_quick(3);
    quiet.insert(quiet.end(), some.begin(), some.end());
    loud.push_back(enqueue("horses.throw_int"));
  }

  burst_of_one_horse();

  EXPECT_EQ(finished(quiet), 60);
  for (std::size_t i = 0; i < loud.size(); i += 2) {
    EXPECT_THAT(loud[i].exc_info(), HasSubstr("\n  loading the model\n"));
    EXPECT_THAT(loud[i + 1].exc_info(), Not(HasSubstr("The job wrote last")));
  }
}

TEST_F(Rows, LoseNothingWhenAJobKillsItsHorse) {
  const auto before = enqueue_quick(100);
  const AnyJob crash = enqueue("horses.crash");
  const auto behind = enqueue_quick(100);

  burst_of_one_horse();

  EXPECT_EQ(finished(before) + finished(behind), 200);
  EXPECT_EQ(crash.status(), Status::failed);
  EXPECT_THAT(crash.exc_info(), HasSubstr("SIGSEGV"));
  EXPECT_EQ(queue_.registry(RegistryKind::failed).count(), 1);
}

TEST_F(Rows, AreStoppedJobByJob) {
  enqueue_quick(100);
  const AnyJob slow = enqueue("gates.pass", {gate_.string()});
  Program worker(words({"--jobs-per-horse", "1000000"}));
  while (slow.status() != Status::started) ::usleep(1'000);

  EXPECT_EQ(rqpp({"job", "stop", slow.id(), "--url", server().url()}).exit_code, 0);

  while (slow.status() == Status::started) ::usleep(1'000);
  EXPECT_EQ(slow.status(), Status::stopped);
  const auto next = enqueue_quick(10);
  queue_.wait_all(next, 10s);
}

// How many jobs are quick, and how many of those come together, is up to the machine; what each
// costs is not. A job that ended as a quick one has a fraction of a second in its score.
TEST_F(Rows, CostRedisFewCommandsAJob) {
  const auto jobs = enqueue_quick(3'000);
  reset_counts(connection);

  burst_of_one_horse();

  auto counts = command_counts(connection);
  std::int64_t quick = 0;
  const auto scores = ask("ZRANGE", "rq:finished:default", 0, -1, "WITHSCORES").elements;
  for (std::size_t i = 1; i < scores.size(); i += 2) {
    if (scores[i].text.find('.') != std::string::npos) quick += 1;
  }
  const std::int64_t slow = 3'000 - quick;
  const std::int64_t scripts = counts["eval"] + counts["evalsha"];
  constexpr int kLifeOfAWorker = 500;
  EXPECT_LE(total(counts), 5 * quick + 28 * slow + 8 * scripts + kLifeOfAWorker)
      << quick << " quick, by " << scripts << " scripts";
  EXPECT_EQ(finished(jobs), 3'000);
}

}  // namespace
}  // namespace rqpp::test
