// How a worker ends by itself, what it does with jobs that it may not wait for, and how it gets new
// modules without ending: what docs/operations.md promises of deploying.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/program.h"
#include "support/temporary_folder.h"
#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class WorkerEnds : public WorkerTest {
 protected:
  std::string never() const { return (folder_ / "never").string(); }
  static void await_status(const AnyJob& job, Status status) {
    while (job.status() != status) ::usleep(1'000);
  }

  TemporaryFolder folder_{};
};

TEST_F(WorkerEnds, AfterAsManyJobsAsTold) {
  const auto jobs = queue_.enqueue_many(std::vector<Call>(3, {.function = "horses.pid"}));

  const Ended ended = rqpp(words({"--max-jobs", "2"}));

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(jobs[1].status(), Status::finished);
  EXPECT_EQ(jobs[2].status(), Status::queued);
  EXPECT_THAT(queue_.ids(), ElementsAre(jobs[2].id()));
}

TEST_F(WorkerEnds, AfterSoLongWithoutAJob) {
  const AnyJob job = enqueue("horses.pid");

  const Ended ended = rqpp(words({"--max-idle-time", "1"}));

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(job.status(), Status::finished);
  EXPECT_THAT(ended.err, HasSubstr("idle for as long as it may"));
}

TEST_F(WorkerEnds, PutsBackAJobThatTakesTooLong) {
  const AnyJob job = enqueue("gates.pass", {never()});
  Program worker(words({"--stop-timeout", "1"}));
  await_status(job, Status::started);

  worker.signal(SIGTERM);

  EXPECT_EQ(worker.wait().exit_code, 0);
  EXPECT_EQ(job.status(), Status::queued);
  EXPECT_THAT(queue_.ids(), ElementsAre(job.id()));
}

TEST_F(WorkerEnds, AsksAJobThatTakesTooLongToEnd) {
  const AnyJob job = enqueue("gates.until_stopped");
  Program worker(words({"--stop-timeout", "0", "--grace", "30"}));
  await_status(job, Status::started);

  worker.signal(SIGTERM);

  EXPECT_EQ(worker.wait().exit_code, 0);
  EXPECT_EQ(job.status(), Status::queued);  // what it returned is part of the work
  EXPECT_THAT(queue_.ids(), ElementsAre(job.id()));
}

TEST_F(WorkerEnds, FailsAJobThatTakesTooLongIfToldSo) {
  const AnyJob job = enqueue("gates.deaf");
  Program worker(words({"--stop-timeout", "0", "--grace", "0", "--fail-interrupted"}));
  await_status(job, Status::started);

  worker.signal(SIGTERM);

  EXPECT_EQ(worker.wait().exit_code, 0);
  EXPECT_EQ(job.status(), Status::failed);
  EXPECT_THAT(job.exc_info(), HasSubstr("the worker was told to stop"));
}

TEST_F(WorkerEnds, NotForNewModules) {
  const auto install = [this](const std::string& edition) {
    fs::copy_file(in_build("tests/modules") / edition / "edition.so", folder_ / "new.so");
    fs::rename(folder_ / "new.so", folder_ / "edition.so");
  };
  install("edition_1");
  Program worker(words({"--path", folder_.string()}));
  EXPECT_EQ(enqueue("edition.number").wait(30s), Value(1));
  EXPECT_EQ(enqueue("edition.number").wait(30s), Value(1));  // by a horse that was born with it
  const std::string gate = (folder_ / "gate").string();
  const AnyJob running = enqueue("gates.pass", {gate});
  await_status(running, Status::started);

  install("edition_2");
  worker.signal(SIGHUP);
  worker.await_error("modules are loaded anew");
  std::ofstream(gate) << "open";

  EXPECT_EQ(enqueue("edition.number").wait(30s), Value(2));
  EXPECT_EQ(running.status(), Status::finished);
}

}  // namespace
}  // namespace rqpp::test
