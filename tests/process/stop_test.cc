// How a worker ends, and how it goes on with new code.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>

#include "support/fleet_test.h"
#include "support/processes.h"
#include "support/sanitizers.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

// ---- modules loaded anew

class Reload : public FleetTest {
 protected:
  /// Puts a version of the module in its place as installers do, in one step.
  void install(int version) const {
    const std::string folder = "tests/modules/version-" + std::to_string(version);
    fs::create_directories(path("modules"));
    fs::copy_file(in_build(folder + "/version.so"), path("new.so"),
                  fs::copy_options::overwrite_existing);
    fs::rename(path("new.so"), path("modules/version.so"));
  }
  AnyJob number_behind(const std::string& gate) const {
    return enqueue("default", "version.number_behind", {path(gate)});
  }
};

TEST_F(Reload, LetsTheRunningJobEndInTheOldCode) {
  install(1);
  Program& worker = start("w", {"--path", path("modules"), "--jobs-per-horse", "100"});
  open("now");
  ASSERT_EQ(number_behind("now").wait(30s), Value(1));
  const AnyJob running = number_behind("gate");
  const AnyJob next = number_behind("gate");
  ASSERT_TRUE(becomes(running, Status::started));

  install(2);
  worker.signal(SIGHUP);
  worker.await_error("modules are loaded anew");
  open("gate");

  EXPECT_EQ(running.wait(30s), Value(1));
  EXPECT_EQ(next.wait(30s), Value(2));
  EXPECT_EQ(number_behind("now").wait(30s), Value(2));
}

TEST_F(Reload, ManyTimesLosesNeitherJobNorDescriptor) {
  install(1);
  open("now");
  options_.errors = "/dev/null";  // nobody reads the log, and a full pipe would hold the worker up
  const pid_t worker = launch("w", {"--path", path("modules"), "--horses", "2"}).pid();
  ASSERT_EQ(number_behind("now").wait(30s), Value(1));  // it hears signals
  const auto reload_and_run = [&] {
    ::kill(worker, SIGHUP);
    for (int i = 0; i < 4; ++i) ASSERT_EQ(number_behind("now").wait(30s), Value(1));
  };
  reload_and_run();
  const auto settled = [&] {
    return children_of(worker).size() == 1 && horses_of(worker).size() == 3;
  };
  ASSERT_TRUE(becomes_true(settled));
  const std::size_t before = open_descriptors_of(worker);

  for (int i = 0; i < 100; ++i) reload_and_run();

  EXPECT_TRUE(becomes_true(settled));
  // The ends of the pipes of the four free lanes that may be kept.
  constexpr std::size_t kFreeLanes = 4 * 4;
  EXPECT_LE(open_descriptors_of(worker), before + kFreeLanes);
}

// ---- stops

class Stop : public FleetTest {};

TEST_F(Stop, PutsAJobThatDoesNotEndInTimeBackToTheFront) {
  const AnyJob deaf = enqueue("default", "gates.deaf");
  const AnyJob behind = enqueue("default", "horses.pid");
  start("w", {"--stop-timeout", "1", "--grace", "1"});
  ASSERT_TRUE(becomes(deaf, Status::started));
  const std::vector<pid_t> horses = horses_of(worker("w").pid());

  EXPECT_EQ(stop("w").exit_code, 0);

  EXPECT_EQ(deaf.status(), Status::queued);
  EXPECT_EQ(ask("LRANGE", "rq:queue:default", 0, -1).elements.at(0).text, deaf.id());
  EXPECT_EQ(ask("LLEN", "rq:queue:default").number, 2);
  for (const pid_t horse : horses) EXPECT_TRUE(is_over(horse));
  EXPECT_EQ(ask("EXISTS", "rq:workers", "rqpp:leases", "rq:wip:default").number, 0);
}

TEST_F(Stop, PutsAJobThatEndsWhenAskedToBackToTheFront) {
  for (const char* task : {"gates.until_stopped", "gates.until_signalled"}) {
    AnyJob polite = enqueue("default", task);
    AnyJob behind = enqueue("default", "horses.pid");
    start("w", {"--stop-timeout", "1", "--grace", "30"});
    ASSERT_TRUE(becomes(polite, Status::started));

    EXPECT_EQ(stop("w").exit_code, 0);

    EXPECT_EQ(polite.status(), Status::queued) << task;
    EXPECT_EQ(ask("LRANGE", "rq:queue:default", 0, -1).elements.at(0).text, polite.id());
    polite.remove();
    behind.remove();
  }
}

TEST_F(Stop, FinishesAJobThatNeverAsksAndEndsWithinTheGrace) {
  const AnyJob deaf = enqueue("default", "gates.pass", {path("gate")});
  Program& worker = start("w", {"--stop-timeout", "0", "--grace", "60"});
  ASSERT_TRUE(becomes(deaf, Status::started));

  worker.signal(SIGTERM);
  worker.await_error("warm shut down requested");
  open("gate");

  EXPECT_EQ(worker.wait().exit_code, 0);
  EXPECT_EQ(deaf.status(), Status::finished);
}

TEST_F(Stop, PutsBackAJobThatHeedsASignalFromOutside) {
  const AnyJob polite = enqueue("default", "gates.until_stopped");
  const AnyJob behind = enqueue("default", "horses.pid");
  start("w");
  ASSERT_TRUE(becomes(polite, Status::started));
  // It is claimed before a horse is there; one that hears the signal before the job tells it.
  ASSERT_TRUE(becomes_true([&] { return !horses_of(worker("w").pid()).empty(); }));

  for (const pid_t horse : horses_of(worker("w").pid())) ::kill(horse, SIGTERM);

  worker("w").await_error("is put back to the front of 'default'");
  kill("w");
  EXPECT_NE(polite.status(), Status::finished);
  EXPECT_EQ(behind.status(), Status::queued);
}

// ---- jobs that somebody stops

TEST_F(Stop, OfAJobAsksItToEndFirst) {
  const AnyJob polite = enqueue("default", "gates.note_stop", {path("note")});
  start("w", {"--grace", "60"});
  ASSERT_TRUE(becomes(polite, Status::started));

  EXPECT_EQ(rqpp({"job", "stop", polite.id(), "--url", server().url()}).exit_code, 0);

  EXPECT_TRUE(becomes(polite, Status::stopped));
  EXPECT_TRUE(fs::exists(path("note"))) << "it could clean up";
  EXPECT_THAT(polite.exc_info(), HasSubstr("Job stopped by user"));
}

TEST_F(Stop, OfADeafJobKillsItAfterTheGrace) {
  const AnyJob deaf = enqueue("default", "gates.deaf");
  start("w", {"--grace", "1"});
  ASSERT_TRUE(becomes(deaf, Status::started));

  EXPECT_EQ(rqpp({"job", "stop", deaf.id(), "--url", server().url()}).exit_code, 0);

  EXPECT_TRUE(becomes(deaf, Status::stopped));
}

TEST_F(Stop, FailsWhatItInterruptsIfToldTo) {
  const AnyJob deaf = enqueue("default", "gates.deaf");
  start("w", {"--stop-timeout", "0", "--grace", "0", "--fail-interrupted"});
  ASSERT_TRUE(becomes(deaf, Status::started));

  EXPECT_EQ(stop("w").exit_code, 0);

  EXPECT_EQ(deaf.status(), Status::failed);
  EXPECT_THAT(deaf.exc_info(), HasSubstr("the worker was told to stop"));
}

TEST_F(Stop, ComesByItselfAfterSoManyJobs) {
  for (int i = 0; i < 5; ++i) enqueue("default", "horses.pid");
  Program& worker = start("w", {"--max-jobs", "3", "--horses", "2"});

  EXPECT_EQ(worker.wait().exit_code, 0);

  EXPECT_EQ(ask("LLEN", "rq:queue:default").number, 2);
  EXPECT_EQ(ask("ZCARD", "rq:finished:default").number, 3);
}

TEST_F(Stop, ComesByItselfWhenThereWasNoJobForLong) {
  Program& worker = start("w", {"--max-idle-time", "1"});
  const AnyJob job = enqueue("default", "horses.pid");

  const Ended ended = worker.wait();

  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.err, HasSubstr("idle for as long as it may"));
  EXPECT_EQ(job.status(), Status::finished);
}

// ---- horses that are used again

TEST_F(Stop, OfAHorseComesWhenItHasGrownTooBig) {
  if (kAddressSanitizer) GTEST_SKIP() << "AddressSanitizer keeps memory that was freed";
  start("w", {"--jobs-per-horse", "100", "--max-horse-memory", "64M"});
  const Value first = enqueue("default", "horses.pid").wait(30s);
  EXPECT_EQ(enqueue("default", "horses.pid").wait(30s), first);

  enqueue("default", "talkers.keep_memory", {100}).wait(30s);

  EXPECT_NE(enqueue("default", "horses.pid").wait(30s), first);
}

// ---- bad luck

class BadLuck : public FleetTest {};

TEST_F(BadLuck, OfADiskThatIsFullEndsAWorkerWithoutItsPidFile) {
  const Ended ended = rqpp({"worker", "--url", server().url(), "--burst", "--pid", "/dev/full"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err,
              HasSubstr("cannot write the pid file '/dev/full': no space left on device"));
}

TEST_F(BadLuck, OfALogThatCannotBeWrittenCostsNoJob) {
  options_.errors = "/dev/full";
  launch("w");

  EXPECT_FALSE(enqueue("default", "horses.pid").wait(30s).is_null());
  EXPECT_EQ(stop("w").exit_code, 0);
}

TEST_F(BadLuck, OfHearingNonsenseCostsALineEach) {
  start("w");
  enqueue("default", "horses.pid").wait(30s);
  const std::vector<std::string> nonsense{std::string(1 << 20, 'x'),
                                          "",
                                          "{",
                                          "[]",
                                          "null",
                                          "\xff\xfe",
                                          std::string(100'000, '['),
                                          R"({"command": 7})",
                                          R"({"command": "stop-job", "job_id": {"a": []}})"};
  for (const std::string& each : nonsense) {
    EXPECT_EQ(ask("PUBLISH", "rq:pubsub:w", each).number, 1);
  }
  ask("PUBLISH", "__redis__:invalidate", "nonsense");

  EXPECT_FALSE(enqueue("default", "horses.pid").wait(30s).is_null());

  const std::string log = stop("w").err;
  std::size_t ignored = 0;
  for (auto at = log.find("is ignored: "); at != std::string::npos;
       at = log.find("is ignored: ", at + 1)) {
    ++ignored;
  }
  EXPECT_EQ(ignored, nonsense.size()) << log.substr(0, 4'000);
  EXPECT_LT(log.size(), 10'000U);
  EXPECT_THAT(log, Not(HasSubstr("Trying again")));
}

}  // namespace
}  // namespace rqpp::test
