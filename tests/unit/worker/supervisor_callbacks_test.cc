#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "support/supervised.h"
#include "worker/supervisor.h"

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

Outcome returned(std::string bytes = {}) {
  return {.kind = Outcome::Kind::value, .return_value = std::move(bytes)};
}

/// One horse, one queue, and job "j", which has a callback for each end, running in horse 1.
class CallbackTest : public test::Supervised {
 protected:
  explicit CallbackTest(protocol::JobRecord job = {}) : job_(std::move(job)) {
    job_.id = "j";
    job_.origin = "q";
    job_.callbacks = {{.when = Status::finished, .task = "m.done", .timeout_seconds = 20},
                      {.when = Status::failed, .task = "m.alarm", .timeout_seconds = 30},
                      {.when = Status::stopped, .task = "m.sweep"}};
  }

  void run(Supervisor::Options options = {.queues = {"q"}}) {
    supervisor_.emplace(std::move(options));
    on(Begin{});
    for (int horse = 1; horse <= 2; ++horse) on(HorseReady{horse});
    EXPECT_THAT(on(Claimed{.asked = 1, .jobs = {{.run = run_, .job = job_}}}),
                ElementsAre("Assign 1 j"));  // not the last: a callback may follow
    advance(1s);
  }

  protocol::JobRecord job_;
  protocol::Execution run_{.id = "e", .job_id = "j", .queue = "q", .worker = "w"};
};

TEST_F(CallbackTest, RunsWhereTheJobRanBeforeTheEndIsStored) {
  run();

  EXPECT_THAT(on(JobEnded{1, returned("result"), ""}), ElementsAre("AssignCallback 1 j m.done"));
  EXPECT_EQ(only<AssignCallback>().told, "result");
  advance(1s);
  EXPECT_THAT(on(JobEnded{1, returned(), ""}),
              ElementsAre("Settle j finished", "RetireHorse 1", "Claim 1", "ForkHorse 3"));
  EXPECT_EQ(only<Settle>().outcome.return_value, "result");
  EXPECT_EQ(only<Settle>().times.ended, now_.wall - 1s);
}

TEST_F(CallbackTest, IsToldOfTheError) {
  run();

  EXPECT_THAT(on(JobEnded{1, failed_with("why"), "  a\n"}),
              ElementsAre("AssignCallback 1 j m.alarm"));
  EXPECT_EQ(only<AssignCallback>().told, "why\n\nThe job wrote last:\n  a\n");
  EXPECT_THAT(on(JobEnded{1, returned(), ""}), Contains("Settle j failed"));
  EXPECT_EQ(only<Settle>().outcome.exc_info, "why\n\nThe job wrote last:\n  a\n");
}

TEST_F(CallbackTest, OfSuccessThatFailsFailsTheJobAndThatIsToldAsWell) {
  run();
  on(JobEnded{1, returned("result"), ""});

  EXPECT_THAT(on(JobEnded{1, failed_with("int: 7"), ""}),
              ElementsAre("AssignCallback 1 j m.alarm"));
  EXPECT_EQ(only<AssignCallback>().told, "Its callback 'm.done' failed:\nint: 7");
  EXPECT_THAT(on(JobEnded{1, returned(), ""}), Contains("Settle j failed"));
  EXPECT_EQ(only<Settle>().outcome.exc_info, "Its callback 'm.done' failed:\nint: 7");
}

TEST_F(CallbackTest, OfSuccessThatCrashesFailsTheJob) {
  run();
  on(JobEnded{1, returned("result"), ""});

  EXPECT_THAT(on(HorseEnded{1, "signal 11", {}, ""}),
              ElementsAre("AssignCallback 2 j m.alarm", "ForkHorse 3"));
  EXPECT_THAT(on(JobEnded{2, returned(), ""}), Contains("Settle j failed"));
  EXPECT_THAT(only<Settle>().outcome.exc_info, EndsWith("signal 11"));
}

TEST_F(CallbackTest, OfFailureThatFailsIsNotedBelowTheError) {
  run();
  on(JobEnded{1, failed_with("why"), ""});

  EXPECT_THAT(on(JobEnded{1, failed_with("int: 7"), ""}), Contains("Settle j failed"));
  EXPECT_EQ(only<Settle>().outcome.exc_info, "why\n\nIts callback 'm.alarm' failed:\nint: 7");
}

TEST_F(CallbackTest, OfACrashRunsInAnotherHorseThatGoesAfterIt) {
  run();

  EXPECT_THAT(on(HorseEnded{1, "signal 11", {}, ""}),
              ElementsAre("AssignCallback 2 j m.alarm", "ForkHorse 3"));
  EXPECT_EQ(only<AssignCallback>().told, "signal 11");
  EXPECT_THAT(on(JobEnded{2, returned(), ""}),
              ElementsAre("Settle j failed", "RetireHorse 2", "Claim 1", "ForkHorse 4"));
}

TEST_F(CallbackTest, WaitsForAHorse) {
  run();
  on(HorseEnded{1, "signal 11", {}, ""});
  on(HorseEnded{2, "signal 9", {}, ""});  // in the callback
  EXPECT_THAT(only<Settle>().outcome.exc_info, HasSubstr("signal 9"));

  on(HorseReady{3});
  EXPECT_THAT(on(Claimed{.asked = 1, .jobs = {{.run = run_, .job = job_}}}),
              Contains("Assign 3 j"));
  EXPECT_THAT(on(HorseEnded{3, "signal 11", {}, ""}), Not(Contains(StartsWith("Settle"))));
  EXPECT_THAT(on(HorseReady{4}), ElementsAre("AssignCallback 4 j m.alarm"));
}

TEST_F(CallbackTest, WhileItWaitsItsRunIsRenewedAndTakesASlot) {
  run();
  on(HorseEnded{2, "oom", {}, ""});
  EXPECT_THAT(on(HorseEnded{1, "signal 11", {}, ""}), Not(Contains(StartsWith("Claim"))));
  advance(30s);

  EXPECT_THAT(on(Tick{}), Contains("Beat 1"));
}

TEST_F(CallbackTest, EndsAtItsTimeout) {
  run();
  on(JobEnded{1, returned("result"), ""});
  advance(20s);

  EXPECT_THAT(on(Tick{}), Contains("SignalHorse 1 15"));
  advance(5s);
  EXPECT_THAT(on(Tick{}), Contains("SignalHorse 1 9"));
  EXPECT_THAT(on(HorseEnded{1, "signal 9", {}, ""}), Contains("AssignCallback 2 j m.alarm"));
  EXPECT_THAT(only<AssignCallback>().told, HasSubstr("maximum timeout value (20 seconds)"));
  on(JobEnded{2, returned(), ""});
  EXPECT_THAT(only<Settle>().outcome.exc_info, HasSubstr("maximum timeout value (20 seconds)"));
}

TEST_F(CallbackTest, OfFailureThatIsTooLateLeavesTheJobsError) {
  run();
  on(JobEnded{1, failed_with("why"), ""});
  advance(30s);
  on(Tick{});

  EXPECT_THAT(on(JobEnded{1, returned(), ""}), Contains("Settle j failed"));
  EXPECT_THAT(only<Settle>().outcome.exc_info,
              AllOf(StartsWith("why\n\n"), HasSubstr("maximum timeout value (30 seconds)")));
}

class TimedCallbackTest : public CallbackTest {
 protected:
  TimedCallbackTest() : CallbackTest({.timeout_seconds = 10}) {}
};

TEST_F(TimedCallbackTest, OfATimeoutRunsInAnotherHorse) {
  run();
  advance(9s);
  on(Tick{});

  // It heard the signal and returned, too late.
  EXPECT_THAT(on(JobEnded{1, returned("result"), ""}),
              ElementsAre("RetireHorse 1", "AssignCallback 2 j m.alarm", "ForkHorse 3"));
  EXPECT_THAT(only<AssignCallback>().told, HasSubstr("maximum timeout value (10 seconds)"));
}

TEST_F(CallbackTest, OfAStoppedJobIsToldNothing) {
  run();
  on(StopRun{.job_id = "j"});

  EXPECT_THAT(on(HorseEnded{1, "signal 9", {}, ""}), Contains("AssignCallback 2 j m.sweep"));
  EXPECT_EQ(only<AssignCallback>().callback.when, Status::stopped);
  EXPECT_THAT(on(JobEnded{2, returned(), ""}), Contains("Settle j stopped"));
}

TEST_F(CallbackTest, OfAStopThatComesDuringTheCallbackOfSuccess) {
  run();
  on(JobEnded{1, returned("result"), ""});
  on(StopRun{.job_id = "j"});

  EXPECT_THAT(on(HorseEnded{1, "signal 9", {}, ""}), Contains("AssignCallback 2 j m.sweep"));
  EXPECT_THAT(on(JobEnded{2, returned(), ""}), Contains("Settle j stopped"));
}

class RetriedCallbackTest : public CallbackTest {
 protected:
  RetriedCallbackTest() : CallbackTest({.retries_left = 1}) {}
};

TEST_F(RetriedCallbackTest, IsToldOfARunThatWillBeRepeated) {
  run();

  EXPECT_THAT(on(JobEnded{1, failed_with("why"), ""}), ElementsAre("AssignCallback 1 j m.alarm"));
  EXPECT_EQ(only<AssignCallback>().told, "why");
  EXPECT_THAT(on(JobEnded{1, failed_with("int: 7"), ""}),
              AllOf(Contains("PutBack j back"),
                    Contains(AllOf(StartsWith("Warn job j: Its callback"), EndsWith("int: 7")))));
}

TEST_F(RetriedCallbackTest, OfALostWorkerRunsWhenTheJobIsPutBack) {
  supervisor_.emplace(Supervisor::Options{.queues = {"q"}});
  on(Begin{});
  on(HorseReady{1});

  EXPECT_THAT(on(Inherited{.lost_worker = "dead", .jobs = {{.run = run_, .job = job_}}}),
              ElementsAre("PutBack j back", "AssignCallback 1 j m.alarm"));
  EXPECT_THAT(only<AssignCallback>().told, HasSubstr("worker 'dead' was lost"));
  EXPECT_THAT(on(JobEnded{1, returned(), ""}),
              AllOf(Not(Contains(StartsWith("PutBack"))), Not(Contains(StartsWith("Settle")))));
}

TEST_F(CallbackTest, OfALostWorkerRunsWhenTheJobIsSettled) {
  supervisor_.emplace(Supervisor::Options{.queues = {"q"}});
  on(Begin{});
  on(HorseReady{1});

  EXPECT_THAT(on(Inherited{.lost_worker = "dead", .jobs = {{.run = run_, .job = job_}}}),
              ElementsAre("Settle j failed", "AssignCallback 1 j m.alarm"));
  EXPECT_THAT(on(HorseEnded{1, "signal 9", {}, ""}),
              AllOf(Not(Contains(StartsWith("Settle"))), Contains(StartsWith("Warn job j"))));
}

TEST_F(CallbackTest, ThatOnlyPythonHasChangesNothing) {
  job_.callbacks = {{.when = Status::finished, .task = "python.f", .foreign = true}};
  run();
  on(JobEnded{1, returned("result"), ""});

  EXPECT_THAT(on(JobEnded{1, {.kind = Outcome::Kind::absent, .summary = "no module"}, ""}),
              AllOf(Contains("Settle j finished"),
                    Contains("Warn job j: its callback 'python.f' is not run: no module")));
}

/// The same job, which is to run three times.
class RepeatedCallbackTest : public CallbackTest {
 protected:
  RepeatedCallbackTest() : CallbackTest({.repeats_left = 2}) {}
};

TEST_F(RepeatedCallbackTest, IsToldOfEachSuccess) {
  run();

  EXPECT_THAT(on(JobEnded{1, returned("result"), ""}), ElementsAre("AssignCallback 1 j m.done"));

  EXPECT_THAT(on(JobEnded{1, returned(), ""}), Contains("Settle j finished"));
  ASSERT_TRUE(only<Settle>().again);
  EXPECT_EQ(only<Settle>().again->repeats_left, 1);
}

TEST_F(CallbackTest, HearsNothingOfATaskThatAsksForAnotherRun) {
  run();

  const Outcome again{.kind = Outcome::Kind::run_again, .summary = "not yet", .max_reruns = 3};
  EXPECT_THAT(on(JobEnded{1, again, ""}), Contains("Settle j failed"));

  on(Claimed{.asked = 1, .jobs = {{.run = run_, .job = job_}}});
  const Outcome snooze{.kind = Outcome::Kind::snooze, .waits = {60}};
  EXPECT_THAT(on(JobEnded{2, snooze, ""}), Contains(StartsWith("PutBack j")));
}

TEST_F(CallbackTest, AWarmStopWaitsForIt) {
  run();
  on(JobEnded{1, returned("result"), ""});
  on(StopRequested{});

  EXPECT_THAT(on(JobEnded{1, returned(), ""}),
              AllOf(Contains("Settle j finished"), Not(Contains("Finish"))));
}

TEST_F(CallbackTest, AWarmStopForksAHorseForIt) {
  run();
  on(HorseEnded{2, "oom", {}, ""});
  advance(2s);
  on(StopRequested{});

  EXPECT_THAT(on(HorseEnded{1, "signal 11", {}, ""}), Contains(StartsWith("ForkHorse")));
}

TEST_F(CallbackTest, AColdStopPutsBackAJobThatCouldNotTellOfItsSuccess) {
  run();
  on(JobEnded{1, returned("result"), ""});
  on(StopRequested{});
  advance(2s);

  EXPECT_THAT(on(StopRequested{}), Contains("SignalHorse 1 9"));
  EXPECT_THAT(on(HorseEnded{1, "signal 9", {}, ""}), Contains("PutBack j front"));
}

TEST_F(CallbackTest, AColdStopWaitsForNoHorse) {
  run();
  on(HorseEnded{2, "oom", {}, ""});
  on(HorseEnded{1, "signal 11", {}, ""});
  on(StopRequested{});
  advance(2s);

  EXPECT_THAT(on(StopRequested{}), Contains("Settle j failed"));
  EXPECT_THAT(only<Settle>().outcome.exc_info, HasSubstr("it was not begun"));
}

TEST_F(CallbackTest, SeesTheMetaThatTheJobSaved) {
  run();
  EXPECT_THAT(on(MetaSaved{"j", "new"}), IsEmpty());
  on(JobEnded{1, returned(), ""});

  EXPECT_EQ(only<AssignCallback>().job.meta, "new");
}

TEST_F(CallbackTest, ASharedHorseGoesOnAfterIt) {
  supervisor_.emplace(Supervisor::Options{.queues = {"q"}, .jobs_per_horse = 9});
  on(Begin{});
  on(HorseReady{1});
  on(Claimed{.asked = 1, .jobs = {{.run = run_, .job = job_}}});
  on(JobEnded{1, returned(), ""});

  EXPECT_THAT(on(JobEnded{1, returned(), ""}), Not(Contains("RetireHorse 1")));
  // A claim is in flight, and what it brings goes together with the end.
  EXPECT_THAT(on(Claimed{.asked = 32}), Contains("Settle j finished"));
}

}  // namespace
}  // namespace rqpp::worker
