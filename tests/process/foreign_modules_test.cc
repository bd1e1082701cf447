// Modules that were built for another interface of rqpp, or for another standard library: nothing
// is wrong with their jobs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "support/fleet_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

class ForeignModules : public FleetTest {
 protected:
  static std::string edition(const std::string& which) {
    return in_build("tests/modules/edition_" + which).string();
  }
  std::vector<AnyJob> enqueue_numbers(int count) const {
    std::vector<AnyJob> jobs;
    for (int i = 0; i < count; ++i) jobs.push_back(enqueue("q", "edition.number"));
    return jobs;
  }
  std::vector<std::string> waiting() const { return queue("q").ids(); }
  static std::vector<std::string> ids_of(const std::vector<AnyJob>& jobs) {
    std::vector<std::string> ids;
    for (const AnyJob& job : jobs) ids.push_back(job.id());
    return ids;
  }
};

TEST_F(ForeignModules, LeaveTheirJobsToWorkersThatTheyFit) {
  const std::vector<AnyJob> jobs = enqueue_numbers(20);
  start("stale", {"q", "other", "--path", edition("foreign")});

  worker("stale").await_error("queue 'q' is left to other workers: edition.so was built for rqpp");
  EXPECT_EQ(enqueue("other", "horses.add", {1, 2}).wait(30s), Value(3)) << "it goes on elsewhere";
  EXPECT_THAT(waiting(), ElementsAreArray(ids_of(jobs)));
  EXPECT_EQ(jobs.front().status(), Status::queued);

  start("fresh", {"q", "--path", edition("1")});
  EXPECT_THAT(queue("q").wait_all(jobs, 30s), Each(Value(1)));
  const std::string log = stop("stale").err;
  EXPECT_EQ(log.find("is left to other workers"), log.rfind("is left to other workers")) << log;
}

TEST_F(ForeignModules, AreTriedAgainAfterSighup) {
  std::filesystem::copy_file(edition("foreign") + "/edition.so", path("edition.so"));
  start("w", {"q", "--path", path("")});
  const std::vector<AnyJob> jobs = enqueue_numbers(3);
  worker("w").await_error("is left to other workers");

  std::filesystem::copy_file(edition("2") + "/edition.so", path("new.so"));
  std::filesystem::rename(path("new.so"), path("edition.so"));
  signal("w", SIGHUP);

  EXPECT_THAT(queue("q").wait_all(jobs, 30s), Each(Value(2)));
}

TEST_F(ForeignModules, DoNotKeepABurstFromItsEnd) {
  const std::vector<AnyJob> jobs = enqueue_numbers(3);

  const Ended ended = launch("w", {"q", "--burst", "--path", edition("foreign")}).wait();

  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.err, HasSubstr("is left to other workers"));
  EXPECT_THAT(waiting(), ElementsAreArray(ids_of(jobs)));
}

TEST_F(ForeignModules, OfAnotherStandardLibraryAreForOthersToo) {
  for (const char* task : {"other_library.run", "old_string.run", "checked_containers.run"}) {
    const AnyJob job = enqueue(task, task);

    const Ended ended = launch("w", {task, "--burst"}).wait();

    EXPECT_THAT(ended.err, HasSubstr("is left to other workers"));
    EXPECT_EQ(job.status(), Status::queued) << task;
  }
}

// The job itself has run: it is not for others.
TEST_F(ForeignModules, FailTheirCallbacks) {
  const AnyJob job = enqueue("q", "horses.add", {1, 2}, {.on_success = "edition.number"});

  launch("w", {"q", "--burst", "--path", edition("foreign")}).wait();

  EXPECT_EQ(job.status(), Status::failed);
  EXPECT_THAT(job.exc_info(), HasSubstr("was built for rqpp"));
}

}  // namespace
}  // namespace rqpp::test
