// Tasks that are told how a job ended, in a real worker.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/fleet_test.h"

#include <rqpp/error.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Callbacks : public FleetTest {
 protected:
  EnqueueOptions telling(EnqueueOptions options = {}) const {
    options.meta = Value::dict({{"file", path("told")}, {"saved", 0}});
    return options;
  }
  AnyJob enqueue_telling(const std::string& task, Value::Items args, EnqueueOptions options) const {
    return enqueue("default", task, std::move(args), telling(std::move(options)));
  }
  /// What the callbacks noted.
  std::vector<std::string> told() const {
    std::vector<std::string> lines;
    std::ifstream file(path("told"));
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  static bool has_failed(const AnyJob& job) { return becomes(job, Status::failed); }
};

TEST_F(Callbacks, OfSuccessSeesTheResultTheMetaAndTheMemoryOfTheJob) {
  start("w");
  const AnyJob job =
      enqueue_telling("callbacks.remember", {7}, {.on_success = "callbacks.on_success"});

  EXPECT_EQ(job.wait(30s), Value(7));

  EXPECT_THAT(told(), ElementsAre("success 7 of " + job.id() + ", remembered 7, saved 7"));
}

TEST_F(Callbacks, OfSuccessThatThrowsFailsTheJob) {
  start("w");
  const AnyJob job =
      enqueue_telling("callbacks.remember", {7},
                      {.on_success = "callbacks.fails", .on_failure = "callbacks.on_failure"});

  EXPECT_TRUE(has_failed(job));

  EXPECT_THAT(job.exc_info(), AllOf(HasSubstr("Its callback 'callbacks.fails' failed:"),
                                    HasSubstr("std::runtime_error: no pen at hand")));
  EXPECT_THAT(told(), ElementsAre(HasSubstr("no pen at hand")));
}

TEST_F(Callbacks, OfSuccessThatNobodyHasFailsTheJob) {
  start("w");
  const AnyJob job =
      enqueue_telling("callbacks.remember", {7}, {.on_success = "callbacks.on_sucess"});

  EXPECT_TRUE(has_failed(job));

  EXPECT_THAT(job.exc_info(), HasSubstr("Did you mean 'callbacks.on_success'?"));
}

TEST_F(Callbacks, OfFailureIsToldWhatWasThrown) {
  start("w");
  const AnyJob job = enqueue_telling("callbacks.fails", {}, {.on_failure = "callbacks.on_failure"});

  EXPECT_TRUE(has_failed(job));

  EXPECT_THAT(told(), ElementsAre(AllOf(StartsWith("failure Traceback"),
                                        HasSubstr("std::runtime_error: no pen at hand"))));
}

TEST_F(Callbacks, OfFailureIsToldOfACrash) {
  start("w");
  const AnyJob job =
      enqueue_telling("mishaps.read_null", {}, {.on_failure = "callbacks.on_failure"});

  EXPECT_TRUE(has_failed(job));

  EXPECT_THAT(told(), ElementsAre(HasSubstr("signal 11")));
}

TEST_F(Callbacks, OfFailureIsToldOfATimeout) {
  start("w");
  const AnyJob job = enqueue_telling("gates.until_stopped", {},
                                     {.timeout = 1s, .on_failure = "callbacks.on_failure"});

  EXPECT_TRUE(has_failed(job));

  EXPECT_THAT(told(), ElementsAre(HasSubstr("maximum timeout value (1 seconds)")));
}

TEST_F(Callbacks, ThatCrashesLosesNoEnd) {
  start("w");
  const AnyJob job = enqueue_telling("callbacks.fails", {}, {.on_failure = "callbacks.crashes"});

  EXPECT_TRUE(has_failed(job));

  EXPECT_THAT(told(), ElementsAre("crashes"));
  EXPECT_THAT(job.exc_info(),
              AllOf(HasSubstr("no pen at hand"),
                    HasSubstr("Its callback 'callbacks.crashes' failed:"), HasSubstr("signal 11")));
}

TEST_F(Callbacks, ThatHangsIsEndedAtItsTimeout) {
  start("w", {"--grace", "1"});
  const AnyJob job =
      enqueue_telling("callbacks.fails", {}, {.on_failure = {"callbacks.hangs", 1s}});

  EXPECT_TRUE(has_failed(job));

  EXPECT_THAT(told(), ElementsAre("hangs"));
  EXPECT_THAT(job.exc_info(),
              AllOf(HasSubstr("no pen at hand"), HasSubstr("maximum timeout value (1 seconds)")));
}

TEST_F(Callbacks, OfAStoppedJob) {
  Program& worker = start("w");
  const AnyJob job =
      enqueue_telling("gates.pass", {path("never")},
                      {.on_failure = "callbacks.fails", .on_stopped = "callbacks.told"});
  ASSERT_TRUE(becomes(job, Status::started));

  tell_worker("w", R"({"command": "stop-job", "job_id": ")" + job.id() + "\"}");

  EXPECT_TRUE(becomes(job, Status::stopped));
  EXPECT_THAT(told(), ElementsAre("told"));
  (void)worker;
}

TEST_F(Callbacks, OfAJobWhoseWorkerWasKilled) {
  start("first");
  const AnyJob job =
      enqueue_telling("gates.pass", {path("never")}, {.on_failure = "callbacks.on_failure"});
  ASSERT_TRUE(becomes(job, Status::started));
  start("second");

  kill("first");

  EXPECT_TRUE(has_failed(job));
  EXPECT_TRUE(becomes_true([this] { return !told().empty(); }));
  EXPECT_THAT(told(), ElementsAre(HasSubstr("worker 'first' was lost")));
}

TEST_F(Callbacks, ThatIsKilledWithItsWorkerDoesNotLoseTheJob) {
  start("first");
  const AnyJob job = enqueue_telling("callbacks.remember", {7}, {.on_success = "callbacks.hangs"});
  ASSERT_TRUE(becomes_true([this] { return !told().empty(); }));
  start("second");

  kill("first");

  EXPECT_TRUE(has_failed(job));
  EXPECT_THAT(job.exc_info(), HasSubstr("worker 'first' was lost"));
}

TEST_F(Callbacks, AWorkerInBurstWaitsForThem) {
  const AnyJob job =
      enqueue_telling("callbacks.remember", {7}, {.on_success = "callbacks.on_success"});

  launch("w", {"--burst"}).wait();

  EXPECT_EQ(job.status(), Status::finished);
  EXPECT_THAT(told(), ElementsAre(StartsWith("success 7")));
}

TEST_F(Callbacks, MayBelongToAJobThatAJobEnqueued) {
  start("w");
  const AnyJob job = enqueue_telling("callbacks.enqueue_telling", {}, {});

  const AnyJob other = queue("default").job(job.wait(30s).as_string());
  EXPECT_EQ(other.wait(30s), Value(8));
  EXPECT_THAT(told(), ElementsAre(StartsWith("success 8")));
}

}  // namespace
}  // namespace rqpp::test
