#include "worker/supervisor.h"
#include "support/supervised.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

Outcome value() { return {.kind = Outcome::Kind::value}; }

ClaimedJob job(const std::string& id, std::optional<std::int64_t> timeout = {}) {
  return {.run = {.id = "e-" + id, .job_id = id, .queue = "q", .worker = "w"},
          .job = {.id = id, .origin = "q", .timeout_seconds = timeout}};
}

class SupervisorTest : public test::Supervised {
 protected:
  void make(Supervisor::Options options) { supervisor_.emplace(std::move(options)); }

  /// One horse, one queue, and no job: the state in which a worker spends its nights.
  void fall_idle(Supervisor::Options options = {.queues = {"q"}}) {
    make(std::move(options));
    on(Begin{});
    for (int horse = 1; horse <= 2; ++horse) on(HorseReady{horse});
    on(Claimed{.asked = 1});
  }

  /// The same with job "j" running in horse 1.
  void run_one(std::optional<std::int64_t> timeout = {}) {
    make({.queues = {"q"}});
    on(Begin{});
    for (int horse = 1; horse <= 2; ++horse) on(HorseReady{horse});
    on(Claimed{.asked = 1, .jobs = {job("j", timeout)}});
  }
};

TEST_F(SupervisorTest, BeginsWithOneClaimAndOneHorseAhead) {
  make({.queues = {"q"}});

  EXPECT_THAT(on(Begin{}), ElementsAre("Claim 1 inbox", "ForkHorse 1", "ForkHorse 2"));
}

TEST_F(SupervisorTest, ForksNoHorseAheadWhenHorsesAreReused) {
  make({.queues = {"q"}, .horses = 3, .jobs_per_horse = 100});

  EXPECT_THAT(on(Begin{}),
              ElementsAre("Claim 3 inbox", "ForkHorse 1", "ForkHorse 2", "ForkHorse 3"));
}

TEST_F(SupervisorTest, CleansUpAtTheBeginning) {
  make({.queues = {"q"}, .maintenance_interval = 600s});

  EXPECT_THAT(on(Begin{}), Contains("Maintain lock q"));
  EXPECT_THAT(on(Maintained{.got = true}), ElementsAre("Maintain registries q"));
}

TEST_F(SupervisorTest, EndsOrRetriesWhatWasAbandoned) {
  make({.queues = {"q"}, .maintenance_interval = 600s});
  on(Begin{});
  on(Maintained{.got = true});
  on(Maintained{});
  ASSERT_THAT(on(Maintained{}), ElementsAre("Maintain abandoned q"));
  ClaimedJob doomed = job("doomed");
  doomed.job.worker_name = "snake";
  ClaimedJob lucky = job("lucky");
  lucky.job.retries_left = 1;
  ClaimedJob stuck = job("stuck");
  stuck.error = "Job was stuck in intermediate queue.";

  EXPECT_THAT(on(Maintained{.jobs = {stuck, lucky, doomed}}),
              ElementsAre("Settle stuck failed", "PutBack lucky back", "Settle doomed failed",
                          "Maintain workers q"));
  EXPECT_THAT(only<Settle>().outcome.exc_info,
              testing::HasSubstr("worker 'snake' was lost while it ran the job"));
}

TEST_F(SupervisorTest, LooksOnceMoreInABurstWhenItHasCleanedUp) {
  make({.queues = {"q"}, .burst = true, .maintenance_interval = 600s});
  on(Begin{});
  on(LeaseRenewed{});
  on(HorseReady{1});
  EXPECT_THAT(on(Claimed{.asked = 1}), Not(Contains("Finish")));
  std::vector<std::string> actions;
  for (int step = 0; step < 20 && actions != std::vector<std::string>{"Claim 1"}; ++step) {
    actions = on(Maintained{.got = true});
  }

  EXPECT_THAT(actions, ElementsAre("Claim 1"));
  EXPECT_THAT(on(Claimed{.asked = 1}), Contains("Finish"));
}

TEST_F(SupervisorTest, RunsWhatWasAbandonedInTheSameBurst) {
  make({.queues = {"q"}, .burst = true, .maintenance_interval = 600s});
  on(Begin{});
  on(LeaseRenewed{});
  on(HorseReady{1});
  on(Maintained{.got = true});
  on(Maintained{});
  ASSERT_THAT(on(Maintained{}), ElementsAre("Maintain abandoned q"));
  EXPECT_THAT(on(Claimed{.asked = 1}), Contains("Rest"));  // and not Finish
  ClaimedJob lucky = job("lucky");
  lucky.job.retries_left = 1;

  EXPECT_THAT(on(Maintained{.jobs = {lucky}}),
              ElementsAre("PutBack lucky back", "Claim 1", "Maintain workers q"));
  on(SettleAcknowledged{});
  on(Maintained{});
  on(Claimed{.asked = 1});
  EXPECT_EQ(only<Rest>().done.failed, 1);
}

TEST_F(SupervisorTest, GivesTheMaintenanceBackBeforeItEnds) {
  fall_idle({.queues = {"q"}, .maintenance_interval = 600s});
  on(Maintained{.got = true});
  on(StopRequested{});
  on(NothingArrived{"q"});

  EXPECT_THAT(on(Maintained{}), ElementsAre("Maintain unlock q"));
  EXPECT_THAT(on(Maintained{}), ElementsAre("Finish"));
}

TEST_F(SupervisorTest, MaintenanceIsNoReasonToWaitForARedisThatIsAway) {
  fall_idle({.queues = {"q"}, .maintenance_interval = 600s});
  on(Maintained{.got = true});
  on(RedisLost{});

  EXPECT_THAT(on(StopRequested{}), ElementsAre("AnnounceStop warm", "Finish"));
}

TEST_F(SupervisorTest, WaitsForOthersToComeBackBeforeItCleansUpAgain) {
  fall_idle({.queues = {"q"}, .maintenance_interval = 600s});
  on(Maintained{.got = true});
  on(RedisLost{});
  EXPECT_THAT(on(RedisBack{}), Not(Contains("Maintain registries q")));

  advance(Maintenance::kAfterOutage);

  EXPECT_THAT(on(Tick{}), Contains("Maintain registries q"));
}

TEST_F(SupervisorTest, AsksItsQueuesAsTheStrategySays) {
  make({.queues = {"q", "low"}, .strategy = DequeueStrategy::round_robin});
  on(Begin{});
  EXPECT_THAT(only<Claim>().queues, ElementsAre("q", "low"));
  on(HorseReady{1});
  on(Claimed{.asked = 1, .jobs = {job("a")}});  // of q

  on(JobEnded{1, value()});

  EXPECT_THAT(only<Claim>().queues, ElementsAre("low", "q"));
}

TEST_F(SupervisorTest, AsksForOneJobAtATimeWhereTheNextMayBeAnotherQueues) {
  make({.queues = {"q", "low"}, .strategy = DequeueStrategy::round_robin, .horses = 3});

  EXPECT_THAT(on(Begin{}), Contains("Claim 1 inbox"));
  on(HorseReady{1});
  on(HorseReady{2});
  on(Claimed{.asked = 1, .jobs = {job("a")}});

  EXPECT_EQ(only<Claim>().count, 1);
  EXPECT_THAT(only<Claim>().queues, ElementsAre("low", "q"));
}

TEST_F(SupervisorTest, AsksNoQueueThatIsPaused) {
  make({.queues = {"q", "low"}});
  on(QueuesPaused{{"q"}});

  on(Begin{});

  EXPECT_THAT(only<Claim>().queues, ElementsAre("low"));
  for (int horse = 1; horse <= 2; ++horse) on(HorseReady{horse});
  EXPECT_THAT(on(Claimed{.asked = 1}), ElementsAre("Watch low", "Rest"));
}

TEST_F(SupervisorTest, WaitsForNoQueueFromWhenItIsPausedUntilItGoesOn) {
  fall_idle({.queues = {"q", "low"}});

  EXPECT_THAT(on(QueuesPaused{{"q"}}), ElementsAre("Unwatch"));
  EXPECT_THAT(on(NothingArrived{"q"}), IsEmpty());
  EXPECT_THAT(on(NothingArrived{"low"}), ElementsAre("Watch low"));
  EXPECT_THAT(on(QueuesPaused{}), ElementsAre("Claim 1"));
}

TEST_F(SupervisorTest, GivesBackWhatArrivesInAPausedQueue) {
  fall_idle({.queues = {"q", "low"}});
  on(QueuesPaused{{"q"}});

  EXPECT_THAT(on(Arrived{"q", "j"}), ElementsAre("GiveBack q j"));
}

TEST_F(SupervisorTest, EndsABurstWhenAllItsQueuesArePaused) {
  make({.queues = {"q"}, .burst = true});
  on(QueuesPaused{{"q"}});

  EXPECT_THAT(on(Begin{}), Contains("Finish"));
}

Outcome foreign_module() {
  return {.kind = Outcome::Kind::foreign_module, .summary = "m.so was built for ABI 6"};
}

TEST_F(SupervisorTest, LeavesAQueueWhoseModuleItCannotLoadToOthers) {
  make({.queues = {"q", "low"}});
  on(Begin{});
  on(HorseReady{1});
  on(Claimed{.asked = 1, .jobs = {job("a")}});

  EXPECT_THAT(on(JobEnded{1, foreign_module()}),
              AllOf(Contains("PutBack a front"), Contains(StartsWith("Warn queue 'q' is left"))));

  EXPECT_THAT(only<Claim>().queues, ElementsAre("low"));
  EXPECT_THAT(on(Claimed{.asked = 1}), Contains("Watch low"));
}

TEST_F(SupervisorTest, GivesBackWhatIsClaimedFromAQueueThatItLeaves) {
  make({.queues = {"q"}, .horses = 2});
  on(Begin{});
  on(HorseReady{1});
  on(Claimed{.asked = 2, .jobs = {job("a")}, .more = true});
  on(JobEnded{1, foreign_module()});

  EXPECT_THAT(on(Claimed{.asked = 1, .jobs = {job("b")}}), Contains("PutBack b front"));
}

TEST_F(SupervisorTest, ServesAllItsQueuesAgainWithNewModules) {
  run_one();
  on(JobEnded{1, foreign_module()});
  EXPECT_THAT(on(Tick{}), Not(Contains(StartsWith("Claim"))));

  EXPECT_THAT(on(ReloadRequested{}), Contains(StartsWith("Claim")));
}

TEST_F(SupervisorTest, LeavesNoQueueForWhatAHorseWithOldModulesSays) {
  run_one();
  on(ReloadRequested{});

  EXPECT_THAT(on(JobEnded{1, foreign_module()}),
              AllOf(Contains(StartsWith("PutBack")), Not(Contains(StartsWith("Warn")))));
}

TEST_F(SupervisorTest, EndsABurstWhenAllItsQueuesAreLeftToOthers) {
  make({.queues = {"q"}, .burst = true});
  on(Begin{});
  on(HorseReady{1});
  on(Claimed{.asked = 1, .jobs = {job("a")}, .more = true});
  on(JobEnded{1, foreign_module()});

  EXPECT_THAT(on(SettleAcknowledged{}), Contains("Finish"));
}

TEST_F(SupervisorTest, PutsWhatAJobWroteBelowItsError) {
  run_one();

  on(JobEnded{1, {.kind = Outcome::Kind::error, .exc_info = "int: 7\n"}, "  a\n"});

  EXPECT_EQ(only<Settle>().outcome.exc_info, "int: 7\n\nThe job wrote last:\n  a\n");
}

TEST_F(SupervisorTest, SettlesARunWhoseTaskAsksForAnother) {
  run_one();

  on(JobEnded{1, {.kind = Outcome::Kind::run_again, .max_reruns = 3}, "  a\n"});

  EXPECT_EQ(only<Settle>().outcome.exc_info, "");
  EXPECT_EQ(only<Settle>().again->number_of_retries, 1);
  EXPECT_THAT(on(SettleAcknowledged{}), IsEmpty());
}

TEST_F(SupervisorTest, CountsARunThatSnoozedAsNeitherSuccessNorFailure) {
  run_one();
  on(JobEnded{1, {.kind = Outcome::Kind::snooze, .waits = {60}}, ""});
  EXPECT_EQ(only<PutBack>().how.due, now_.wall + 60s);

  advance(30s);
  on(Tick{});

  EXPECT_EQ(only<Beat>().done.succeeded, 0);
  EXPECT_EQ(only<Beat>().done.failed, 0);
}

TEST_F(SupervisorTest, PutsWhatAJobWroteBelowItsTimeout) {
  run_one(10);
  advance(10s);
  on(Tick{});

  on(HorseEnded{1, "killed", {}, "  a\n"});

  EXPECT_THAT(only<Settle>().outcome.exc_info,
              testing::AllOf(testing::HasSubstr("maximum timeout value (10 seconds)"),
                             testing::EndsWith("The job wrote last:\n  a\n")));
}

TEST_F(SupervisorTest, TellsWhatARunCost) {
  run_one();
  advance(3s);

  on(JobEnded{1, {.kind = Outcome::Kind::value, .usage = {.user_cpu = 7us}}, ""});

  EXPECT_EQ(only<Settle>().times.usage, (Usage{.wall = 3s, .user_cpu = 7us}));
}

TEST_F(SupervisorTest, TellsWhatACrashedRunCost) {
  run_one();
  advance(3s);

  on(HorseEnded{1, "crashed", {.system_cpu = 7us}, ""});

  EXPECT_EQ(only<Settle>().times.usage, (Usage{.wall = 3s, .system_cpu = 7us}));
}

TEST_F(SupervisorTest, SettlesAndClaimsInOneGo) {
  run_one();
  advance(3ms);

  EXPECT_THAT(on(JobEnded{1, value()}), ElementsAre("Settle j finished", "RetireHorse 1",
                                                    "Claim 2 ahead 1 unshown", "ForkHorse 3"));
}

TEST_F(SupervisorTest, KeepsAHorseUntilItsShareOfJobsIsDone) {
  make({.queues = {"q"}, .jobs_per_horse = 2});
  on(Begin{});
  on(HorseReady{1});
  on(Claimed{.asked = 1, .jobs = {job("a")}});

  advance(1s);
  EXPECT_THAT(on(JobEnded{1, value()}), ElementsAre("Settle a finished", "Claim 1"));
  EXPECT_THAT(on(Claimed{.asked = 1, .jobs = {job("b")}}), ElementsAre("Assign 1 b last"));
  advance(1s);
  EXPECT_THAT(on(JobEnded{1, value()}),
              ElementsAre("Settle b finished", "RetireHorse 1", "Claim 1", "ForkHorse 2"));
}

TEST_F(SupervisorTest, ReplacesAHorseThatHasGrownTooBig) {
  make({.queues = {"q"}, .jobs_per_horse = 100, .max_horse_memory = 1'000});
  on(Begin{});
  on(HorseReady{1});
  on(Claimed{.asked = 1, .jobs = {job("a")}});
  advance(1s);

  Outcome outcome = value();
  outcome.usage.peak_memory_bytes = 1'000;
  EXPECT_THAT(on(JobEnded{1, outcome}), ElementsAre("Settle a finished", "Claim 1"));
  on(Claimed{.asked = 1, .jobs = {job("b")}});
  advance(1s);
  outcome.usage.peak_memory_bytes = 1'001;
  EXPECT_THAT(on(JobEnded{1, outcome}),
              ElementsAre("Settle b finished", "RetireHorse 1", "Claim 1", "ForkHorse 2"));
}

TEST_F(SupervisorTest, KeepsAClaimedJobUntilAHorseIsReady) {
  make({.queues = {"q"}});
  on(Begin{});

  EXPECT_THAT(on(Claimed{.asked = 1, .jobs = {job("j")}}), IsEmpty());
  EXPECT_THAT(on(HorseReady{1}), ElementsAre("Assign 1 j last"));
}

// ---- ahead of its horses

class QuickJobs : public SupervisorTest {
 protected:
  static ClaimedJob ahead(const std::string& id) {
    ClaimedJob taken = job(id);
    taken.begun = false;
    taken.claim = 2;
    return taken;
  }
  /// Job "a" took a millisecond, "b" runs in horse 2, and "c" and "d" were taken ahead.
  void take_two_ahead(Supervisor::Options options = {.queues = {"q"}}) {
    make(std::move(options));
    on(Begin{});
    for (int horse = 1; horse <= 2; ++horse) on(HorseReady{horse});
    on(Claimed{.asked = 1, .jobs = {job("a")}});
    advance(1ms);
    on(JobEnded{1, value()});
    on(HorseReady{3});
    on(Claimed{.asked = 3, .jobs = {job("b"), ahead("c"), ahead("d")}});
  }
};

TEST_F(QuickJobs, AreTakenAhead) {
  run_one();
  advance(1ms);

  EXPECT_THAT(on(JobEnded{1, value()}), ElementsAre("Settle j finished", "RetireHorse 1",
                                                    "Claim 3 ahead 2 unshown", "ForkHorse 3"));
}

/// A worker that has run job "j" in a millisecond and waits for the next one.
class QuickArrival : public QuickJobs {
 protected:
  void wait_for_one() {
    run_one();
    advance(1ms);
    on(JobEnded{1, value()});
    on(HorseReady{3});
    EXPECT_THAT(on(Claimed{.asked = 3}), ElementsAre("Watch q claims", "Rest"));
  }
};

TEST_F(QuickArrival, IsClaimedByItsWait) {
  wait_for_one();

  EXPECT_THAT(on(Claimed{.jobs = {ahead("k")}, .watched = "q"}),
              ElementsAre("BeginAhead", "Assign 2 k last"));
  advance(1ms);
  EXPECT_THAT(on(JobEnded{2, value()}), Contains("Claim 3 ahead 2 unshown"));
}

TEST_F(QuickArrival, GoesBackFromAQueueThatIsPausedNow) {
  wait_for_one();

  on(QueuesPaused{{"q"}});

  EXPECT_THAT(on(Claimed{.jobs = {ahead("k")}, .watched = "q"}),
              ElementsAre("PutBack k front", "Rest"));
}

TEST_F(QuickArrival, GoesBackToTheQueueOfAWorkerThatStops) {
  wait_for_one();

  EXPECT_THAT(on(StopRequested{}), Contains("Unwatch"));

  EXPECT_THAT(on(Claimed{.jobs = {ahead("k")}, .watched = "q"}), Contains("PutBack k front"));
}

TEST_F(QuickArrival, FailsIfItIsMalformed) {
  wait_for_one();
  ClaimedJob broken = ahead("k");
  broken.error = "the job is malformed: no";

  EXPECT_THAT(on(Claimed{.jobs = {broken}, .watched = "q"}),
              IsSupersetOf({"Settle k failed", "Claim 3 ahead 2 unshown"}));
}

TEST_F(QuickJobs, AreTakenAheadByTheWorkOfTwoMilliseconds) {
  Pace pace;
  EXPECT_EQ(pace.ahead(), 0);
  for (const auto& [typical, ahead] :
       std::map<std::chrono::microseconds, int>{{10us, 32}, {200us, 10}, {3ms, 1}, {6ms, 0}}) {
    pace = {};
    pace.ran(typical);
    EXPECT_EQ(pace.ahead(), ahead) << typical.count();
  }
}

TEST_F(QuickJobs, AreShownWhenTheyAreNotQuick) {
  make({.queues = {"q"}});
  on(Begin{});
  on(HorseReady{1});
  on(HorseReady{2});
  ClaimedJob slow = job("slow");
  slow.run.shown = false;
  on(Claimed{.asked = 1, .jobs = {slow}});
  EXPECT_EQ(supervisor_->next_tick(), now_.steady + 20ms);
  advance(20ms);

  EXPECT_THAT(on(Tick{}), ElementsAre("Show 1"));
  EXPECT_THAT(on(Tick{}), IsEmpty());
}

TEST_F(QuickJobs, BeginWhenRedisHasBeenToldSoAndOfTheOneBefore) {
  take_two_ahead();
  advance(1ms);

  EXPECT_THAT(on(JobEnded{2, value()}),
              ElementsAre("RetireHorse 2", "Settle b finished", "Claim 2 ahead 2 begins unshown",
                          "Assign 3 c last", "ForkHorse 4"));
}

TEST_F(QuickJobs, AreSettledTogether) {
  take_two_ahead();
  advance(1ms);
  on(JobEnded{2, value()});
  on(HorseReady{4});
  on(Claimed{.asked = 2, .jobs = {ahead("e"), ahead("f")}});
  advance(1ms);

  EXPECT_THAT(on(JobEnded{3, value()}),
              ElementsAre("RetireHorse 3", "Assign 4 d last", "ForkHorse 5"));
  on(HorseReady{5});
  advance(1ms);
  EXPECT_THAT(on(JobEnded{4, value()}),
              ElementsAre("RetireHorse 4", "Settle c finished", "Settle d finished",
                          "Claim 2 ahead 2 begins unshown", "Assign 5 e last", "ForkHorse 6"));
}

TEST_F(QuickJobs, AreNotHeldBackWhenTheyFail) {
  take_two_ahead();

  EXPECT_THAT(on(JobEnded{2, {.kind = Outcome::Kind::error}}), Contains("Settle b failed"));
  on(HorseReady{4});
  on(Claimed{.asked = 2, .jobs = {ahead("e"), ahead("f")}});
  EXPECT_THAT(on(JobEnded{3, {.kind = Outcome::Kind::error}}), Contains("Settle c failed"));
}

TEST_F(QuickJobs, AreSettledWithinMilliseconds) {
  take_two_ahead();
  on(JobEnded{2, value()});
  on(HorseReady{4});
  on(Claimed{.asked = 2, .jobs = {ahead("e"), ahead("f")}});
  on(JobEnded{3, value()});
  EXPECT_EQ(supervisor_->next_tick(), now_.steady + 5ms);
  advance(5ms);

  EXPECT_THAT(on(Tick{}), ElementsAre("Settle c finished"));
}

TEST_F(QuickJobs, BeginWhenNothingIsToBeClaimed) {
  take_two_ahead({.queues = {"q"}, .max_jobs = 4});

  EXPECT_THAT(on(JobEnded{2, value()}),
              ElementsAre("RetireHorse 2", "Settle b finished", "BeginAhead", "Assign 3 c last",
                          "ForkHorse 4"));
}

TEST_F(QuickJobs, DoNotBeginWithoutRedis) {
  take_two_ahead();
  on(RedisLost{});
  EXPECT_THAT(on(JobEnded{2, value()}),
              ElementsAre("Settle b finished", "RetireHorse 2", "ForkHorse 4"));

  EXPECT_THAT(on(RedisBack{}),
              IsSupersetOf({"Claim 2 ahead 2 begins inbox unshown", "Assign 3 c last"}));
}

TEST_F(QuickJobs, GoBackWhenTheOneBeforeThemIsNotQuick) {
  take_two_ahead();
  EXPECT_EQ(supervisor_->next_tick(), now_.steady + 20ms);
  advance(20ms);

  EXPECT_THAT(on(Tick{}), ElementsAre("PutBack d front", "PutBack c front", "NameJob b"));
  EXPECT_THAT(on(JobEnded{2, value()}),
              ElementsAre("Settle b finished", "RetireHorse 2", "Claim 1", "ForkHorse 4"));
}

TEST_F(QuickJobs, GoBackWhenTheWorkerIsToldToStop) {
  take_two_ahead();

  EXPECT_THAT(on(StopRequested{}),
              ElementsAre("AnnounceStop warm", "PutBack d front", "PutBack c front"));
  on(JobEnded{2, value()});
  for (int i = 0; i < 3; ++i) on(SettleAcknowledged{});
  EXPECT_THAT(on(SettleAcknowledged{}), Contains("Finish"));
}

TEST_F(QuickJobs, AreNotWaitedForBehindARunningJob) {
  take_two_ahead();
  advance(1ms);
  on(JobEnded{2, value()});

  EXPECT_THAT(on(Claimed{.asked = 2}), IsEmpty());  // no wait is armed while the horse is busy
}

// ---- in rows

class Rows : public SupervisorTest {
 protected:
  /// Job "a" took a millisecond in horse 1; it has got "b", "c" and "d" at once.
  std::vector<std::string> give_three(Supervisor::Options options = {.queues = {"q"},
                                                                     .jobs_per_horse = 100}) {
    make(std::move(options));
    on(Begin{});
    on(HorseReady{1});
    on(Claimed{.asked = 1, .jobs = {job("a")}});
    advance(1ms);
    on(JobEnded{1, value()});
    return on(Claimed{.asked = 3, .jobs = {job("b"), job("c"), job("d")}});
  }
  std::vector<std::string> go_on(std::chrono::microseconds after) {
    return on(JobEnded{1, value(), "", JobEnded::GoesOn{now_.steady, now_.steady + after}});
  }
};

TEST_F(Rows, AreWhatWaitsWhileJobsAreQuick) {
  EXPECT_THAT(give_three(), ElementsAre("Assign 1 b more", "Assign 1 c more", "Assign 1 d",
                                        "Claim 2 ahead 2 unshown"));
}

TEST_F(Rows, AreSharedByTheHorsesThatAreFree) {
  make({.queues = {"q"}, .horses = 2, .jobs_per_horse = 100});
  on(Begin{});
  on(HorseReady{1});
  on(HorseReady{2});
  on(Claimed{.asked = 2, .jobs = {job("a")}});
  advance(1ms);
  on(JobEnded{1, value()});

  EXPECT_THAT(on(Claimed{.asked = 6, .jobs = {job("b"), job("c"), job("d")}}),
              testing::IsSupersetOf({"Assign 1 b more", "Assign 1 c", "Assign 2 d"}));
}

TEST_F(Rows, AreNoLongerThanTheHorseMayLive) {
  EXPECT_THAT(give_three({.queues = {"q"}, .jobs_per_horse = 3}),
              testing::IsSupersetOf({"Assign 1 b more", "Assign 1 c last"}));
}

TEST_F(Rows, HaveNoJobWithACallback) {
  make({.queues = {"q"}, .jobs_per_horse = 100});
  on(Begin{});
  on(HorseReady{1});
  on(Claimed{.asked = 1, .jobs = {job("a")}});
  advance(1ms);
  on(JobEnded{1, value()});
  ClaimedJob hooked = job("c");
  hooked.job.callbacks = {{.when = Status::finished, .task = "m.f"}};

  EXPECT_THAT(on(Claimed{.asked = 3, .jobs = {job("b"), hooked}}), Contains("Assign 1 b"));
}

TEST_F(Rows, AreSettledWithTheTimesThatTheHorseHasNoted) {
  give_three();
  const auto began = now_;
  on(Claimed{.asked = 2});  // nothing more is to come

  EXPECT_THAT(go_on(300us), ElementsAre("Settle b finished"));
  EXPECT_EQ(only<Settle>().times.started, began.wall);
  EXPECT_EQ(only<Settle>().times.ended, began.wall + 300us);
  advance(1ms);
  EXPECT_THAT(on(JobEnded{1, value(), "", JobEnded::GoesOn{now_.steady - 700us, now_.steady}}),
              ElementsAre("Settle c finished"));
  EXPECT_THAT(on(JobEnded{1, value()}), Contains("Settle d finished"));
}

TEST_F(Rows, AreLookedAtWithinMilliseconds) {
  give_three();

  EXPECT_EQ(supervisor_->next_tick(), now_.steady + 5ms);
}

TEST_F(Rows, GoBackWhenTheOneBeforeThemIsNotQuick) {
  give_three();
  on(Claimed{.asked = 2});
  go_on(300us);
  advance(21ms);
  EXPECT_THAT(on(Tick{}), Contains("Recall 1"));

  EXPECT_THAT(on(Recalled{1}), ElementsAre("PutBack d front"));
  EXPECT_THAT(on(JobEnded{1, value()}), Contains("Settle c finished"));
}

TEST_F(Rows, WaitAgainWhenTheHorseHasLeftThem) {
  give_three();

  EXPECT_THAT(on(JobEnded{1, value(), "it wrote"}),
              testing::IsSupersetOf({"Assign 1 c more", "Assign 1 d"}));
}

TEST_F(Rows, WaitAgainWhenTheHorseHasDied) {
  give_three();
  go_on(300us);

  EXPECT_THAT(on(HorseEnded{.horse = 1, .exit = "crash"}), Contains("Settle c failed"));
  EXPECT_THAT(on(HorseReady{2}), Contains("Assign 2 d"));
}

TEST_F(Rows, GoBackInTheirOrderBehindAJobOfAForeignModule) {
  give_three();

  std::vector<std::string> actions = on(JobEnded{1, foreign_module()});

  std::erase_if(actions, [](const std::string& each) { return !each.starts_with("PutBack"); });
  EXPECT_THAT(actions, ElementsAre("PutBack d front", "PutBack c front", "PutBack b front"));
}

TEST_F(Rows, ComeBackForAJobThatSomebodyStops) {
  give_three();
  EXPECT_THAT(on(StopRun{.job_id = "c", .execution_id = {}}), Contains("Recall 1"));

  EXPECT_THAT(on(Recalled{1}), Contains("Settle c stopped"));
}

TEST_F(Rows, EndWithAJobThatHasBegunWhenSomebodyStopsIt) {
  give_three();
  on(StopRun{.job_id = "c", .execution_id = {}});

  EXPECT_THAT(go_on(300us), Contains("SignalHorse 1 15"));
  EXPECT_THAT(on(HorseEnded{.horse = 1, .exit = "killed"}), Contains("Settle c stopped"));
}

TEST_F(Rows, GoBackOnTheSecondStop) {
  give_three();
  on(Claimed{.asked = 2});
  on(StopRequested{});
  advance(2s);
  on(Tick{});
  on(StopRequested{});

  EXPECT_THAT(on(HorseEnded{.horse = 1, .exit = "killed"}),
              testing::IsSupersetOf({"PutBack d front", "PutBack c front", "PutBack b front"}));
}

TEST_F(Rows, EndWhenTheHorseHasGrownTooBig) {
  give_three({.queues = {"q"}, .jobs_per_horse = 100, .max_horse_memory = 1000});
  Outcome big = value();
  big.usage.peak_memory_bytes = 1001;

  EXPECT_THAT(on(JobEnded{1, big, "", JobEnded::GoesOn{now_.steady, now_.steady}}),
              Contains("Recall 1"));
  on(Recalled{1});
  EXPECT_THAT(on(JobEnded{1, value()}), Contains("RetireHorse 1"));
}

TEST_F(SupervisorTest, TakesNoneAheadOfJobsThatTakeLonger) {
  run_one();
  advance(6ms);

  EXPECT_THAT(on(JobEnded{1, value()}),
              ElementsAre("Settle j finished", "RetireHorse 1", "Claim 1", "ForkHorse 3"));
}

TEST_F(SupervisorTest, WatchesEveryQueueWhenAllAreEmpty) {
  make({.queues = {"high", "low"}});
  on(Begin{});

  EXPECT_THAT(on(Claimed{.asked = 1}), ElementsAre("Watch high", "Watch low", "Rest"));
}

TEST_F(SupervisorTest, ClaimsAnArrivalOutOfTheInbox) {
  fall_idle();

  EXPECT_THAT(on(Arrived{"q", "j"}), ElementsAre("Claim 1 inbox"));
  EXPECT_THAT(on(Claimed{.asked = 1, .jobs = {job("j")}}), ElementsAre("Assign 1 j last"));
}

TEST_F(SupervisorTest, GivesBackAnArrivalWhenAllHorsesAreBusy) {
  fall_idle({.queues = {"high", "low"}});
  on(Arrived{"low", "j"});
  on(Claimed{.asked = 1, .jobs = {job("j")}});

  EXPECT_THAT(on(Arrived{"high", "k"}), ElementsAre("GiveBack high k"));
}

TEST_F(SupervisorTest, GivesBackTheSecondOfTwoArrivalsAtOnce) {
  fall_idle({.queues = {"high", "low"}});
  on(Arrived{"low", "j"});

  EXPECT_THAT(on(Arrived{"high", "k"}), IsEmpty());
  EXPECT_THAT(on(Claimed{.asked = 1, .jobs = {job("j")}}),
              ElementsAre("Assign 1 j last", "GiveBack high k"));
}

TEST_F(SupervisorTest, DoesNotAskAgainWhileEveryQueueIsWatched) {
  make({.queues = {"q"}, .horses = 2});
  on(Begin{});
  for (int horse = 1; horse <= 3; ++horse) on(HorseReady{horse});
  on(Claimed{.asked = 2, .jobs = {job("a")}});

  EXPECT_THAT(on(JobEnded{1, value()}),
              ElementsAre("Settle a finished", "RetireHorse 1", "ForkHorse 4", "Rest"));
}

TEST_F(SupervisorTest, WatchesAgainWhenAWaitIsOver) {
  fall_idle();

  EXPECT_THAT(on(NothingArrived{"q"}), ElementsAre("Watch q"));
}

TEST_F(SupervisorTest, ClaimsOnWhenAClaimLeftIdsUnseen) {
  make({.queues = {"q"}});
  on(Begin{});

  EXPECT_THAT(on(Claimed{.asked = 1, .jobs = {}, .more = true}), ElementsAre("Claim 1"));
}

TEST_F(SupervisorTest, FailsAMalformedJobWithoutAHorse) {
  make({.queues = {"q"}});
  on(Begin{});
  ClaimedJob bad = job("j");
  bad.error = "field 'timeout': expected whole seconds, got '1.5'";

  EXPECT_THAT(on(Claimed{.asked = 1, .jobs = {bad}}), ElementsAre("Settle j failed", "Claim 1"));
  EXPECT_EQ(only<Settle>().outcome.exc_info, bad.error);
}

TEST_F(SupervisorTest, FailsTheJobOfADeadHorse) {
  run_one();

  EXPECT_THAT(on(HorseEnded{1, "killed by SIGSEGV"}),
              ElementsAre("Settle j failed", "Claim 1", "ForkHorse 3"));
  EXPECT_EQ(only<Settle>().outcome.exc_info, "killed by SIGSEGV");
}

TEST_F(SupervisorTest, PausesBeforeForkingAgainWhenAHorseDiesUnused) {
  fall_idle();

  EXPECT_THAT(on(HorseEnded{2, "killed"}), IsEmpty());
  EXPECT_EQ(supervisor_->next_tick(), now_.steady + 1s);
  advance(1s);
  EXPECT_THAT(on(Tick{}), ElementsAre("ForkHorse 3"));
}

TEST_F(SupervisorTest, PausesWhenNoProcessCanBeForked) {
  make({.queues = {"q"}});
  on(Begin{});

  EXPECT_THAT(on(HorseNotForked{1}), IsEmpty());
  advance(1s);
  EXPECT_THAT(on(Tick{}), ElementsAre("ForkHorse 3"));
}

TEST_F(SupervisorTest, AsksAJobToEndAtItsTimeoutAndKillsItAfterTheGrace) {
  run_one(3);

  EXPECT_EQ(supervisor_->next_tick(), now_.steady + 3s);
  advance(3s);
  EXPECT_THAT(on(Tick{}), ElementsAre("SignalHorse 1 15"));
  advance(5s);
  EXPECT_THAT(on(Tick{}), Contains("SignalHorse 1 9"));
  on(HorseEnded{1, "killed by SIGKILL"});
  EXPECT_EQ(only<Settle>().outcome.exc_info,
            "rq.timeouts.JobTimeoutException: Task exceeded maximum timeout value (3 seconds)");
}

TEST_F(SupervisorTest, FailsAJobThatEndsWithinTheGrace) {
  run_one(10);
  advance(10s);
  on(Tick{});

  EXPECT_THAT(on(JobEnded{1, value()}),
              ElementsAre("Settle j failed", "RetireHorse 1", "Claim 1", "ForkHorse 3"));
}

TEST_F(SupervisorTest, KnowsNoDeadlineForATimeoutOfMinusOneOrAnAbsurdOne) {
  for (const std::int64_t timeout : {std::int64_t{-1}, INT64_MAX}) {
    run_one(timeout);
    EXPECT_EQ(supervisor_->next_tick(), now_.steady + 4s) << timeout;  // the lease
  }
}

TEST_F(SupervisorTest, BeatsEachMinuteWhenIdle) {
  fall_idle();

  advance(60s);
  EXPECT_THAT(on(Tick{}), ElementsAre("RenewLease", "Beat 0"));
  advance(60s);
  EXPECT_THAT(on(Tick{}), ElementsAre("RenewLease", "Beat 0"));
}

TEST_F(SupervisorTest, BeatsForItsRunsEachHalfMinute) {
  run_one();

  advance(30s);
  EXPECT_THAT(on(Tick{}), ElementsAre("RenewLease", "Beat 1"));
}

TEST_F(SupervisorTest, CountsItsWorkWhenItFallsIdle) {
  run_one();
  advance(7s);
  on(JobEnded{1, value()});

  EXPECT_THAT(on(Claimed{.asked = 1}), ElementsAre("Watch q", "Rest"));
  EXPECT_EQ(only<Rest>().done, (protocol::WorkDone{.succeeded = 1, .working_time = 7s}));
}

TEST_F(SupervisorTest, EndsABurstWhenTheQueuesAreEmptyAndAllIsSettled) {
  make({.queues = {"q"}, .burst = true});
  on(Begin{});
  on(LeaseRenewed{});
  on(HorseReady{1});
  on(Claimed{.asked = 1, .jobs = {job("j")}});
  advance(1s);
  on(JobEnded{1, value()});

  EXPECT_THAT(on(SettleAcknowledged{}), IsEmpty());
  EXPECT_THAT(on(Claimed{.asked = 1}), ElementsAre("Rest", "Finish"));
}

TEST_F(SupervisorTest, ClaimsOnceMoreInABurstWhenAnEndWasWrittenAfterTheLastClaim) {
  make({.queues = {"q"}, .burst = true});
  on(Begin{});
  on(LeaseRenewed{});
  on(HorseReady{1});
  on(Claimed{.asked = 1, .jobs = {job("j")}});
  advance(1s);
  on(JobEnded{1, value()});
  EXPECT_THAT(on(Claimed{.asked = 1}), ElementsAre("Rest"));

  EXPECT_THAT(on(SettleAcknowledged{}), ElementsAre("Claim 1"));
  EXPECT_THAT(on(Claimed{.asked = 1}), ElementsAre("Finish"));
}

TEST_F(SupervisorTest, GoesOnWithABurstWhenJobsNeedNotWaitForThisOneAnyLonger) {
  make({.queues = {"q"}, .burst = true});
  on(Begin{});
  on(LeaseRenewed{});
  on(HorseReady{1});
  on(Claimed{.asked = 1, .jobs = {job("j")}});
  advance(1s);
  on(JobEnded{1, value()});
  on(Claimed{.asked = 1});

  EXPECT_THAT(on(SettleAcknowledged{.queued = 1}), ElementsAre("Claim 1"));
  on(Claimed{.asked = 1});
}

TEST_F(SupervisorTest, FinishesTheRunningJobOnTheFirstStop) {
  run_one();

  EXPECT_THAT(on(StopRequested{}), ElementsAre("AnnounceStop warm"));
  EXPECT_THAT(on(JobEnded{1, value()}), ElementsAre("Settle j finished", "RetireHorse 1", "Rest"));
  EXPECT_THAT(on(SettleAcknowledged{}), ElementsAre("Finish"));
}

TEST_F(SupervisorTest, EndsItsWaitsBeforeItGoes) {
  fall_idle();

  EXPECT_THAT(on(StopRequested{}), ElementsAre("AnnounceStop warm", "Unwatch"));
  EXPECT_THAT(on(NothingArrived{"q"}), ElementsAre("Finish"));
}

TEST_F(SupervisorTest, GivesBackWhatArrivesWhileItStops) {
  fall_idle();
  on(StopRequested{});

  EXPECT_THAT(on(Arrived{"q", "j"}), ElementsAre("GiveBack q j", "Finish"));
}

TEST_F(SupervisorTest, KillsTheRunningJobOnTheSecondStop) {
  run_one();
  on(StopRequested{});
  advance(2s);

  EXPECT_THAT(on(StopRequested{}), ElementsAre("AnnounceStop cold", "SignalHorse 1 9"));
  EXPECT_THAT(on(HorseEnded{1, "killed by SIGKILL"}), ElementsAre("PutBack j front", "Rest"));
}

// Neither a horse that does not end nor a Redis that does not answer keeps it.
TEST_F(SupervisorTest, WaitsForNothingWhenAColdStopHasTakenTenSeconds) {
  run_one();
  on(StopRequested{});
  advance(2s);
  on(StopRequested{});
  EXPECT_LE(supervisor_->next_tick(), now_.steady + 10s);

  advance(10s);
  EXPECT_THAT(on(Tick{}), Contains("Finish"));
}

TEST_F(SupervisorTest, TakesTwoStopsWithinASecondForOne) {
  run_one();
  on(StopRequested{});

  EXPECT_THAT(on(StopRequested{}), IsEmpty());
}

TEST_F(SupervisorTest, RunsOnWithoutRedisAndAsksAgainWhenItIsBack) {
  run_one();
  on(RedisLost{});
  advance(1s);

  EXPECT_THAT(on(JobEnded{1, value()}),
              ElementsAre("Settle j finished", "RetireHorse 1", "ForkHorse 3"));
  EXPECT_THAT(on(RedisBack{}), ElementsAre("Claim 1 inbox", "RenewLease", "Beat 0"));
}

TEST_F(SupervisorTest, WaitsForRedisToSettleWhenToldToStop) {
  run_one();
  on(RedisLost{});
  on(JobEnded{1, value()});

  EXPECT_THAT(on(StopRequested{}), ElementsAre("AnnounceStop warm"));
  EXPECT_THAT(on(RedisBack{}), Contains("Rest"));
  EXPECT_THAT(on(SettleAcknowledged{}), ElementsAre("Finish"));
}

TEST_F(SupervisorTest, DoesNotWaitForRedisAfterTheSecondStop) {
  run_one();
  on(RedisLost{});
  on(JobEnded{1, value()});
  on(StopRequested{});
  advance(2s);

  EXPECT_THAT(on(StopRequested{}), ElementsAre("AnnounceStop cold", "Finish"));
}

// ---- commands

TEST_F(SupervisorTest, AsksAStoppedJobToEndAndKillsItAfterTheGrace) {
  run_one();

  EXPECT_THAT(on(StopRun{"other", ""}), IsEmpty());
  EXPECT_THAT(on(StopRun{"j", "another run"}), IsEmpty());
  EXPECT_THAT(on(StopRun{"j", ""}), ElementsAre("SignalHorse 1 15"));
  advance(5s);
  EXPECT_THAT(on(Tick{}), Contains("SignalHorse 1 9"));
  EXPECT_THAT(on(HorseEnded{1, "killed"}),
              ElementsAre("Settle j stopped", "Claim 1", "ForkHorse 3"));
}

TEST_F(SupervisorTest, GivesAJobThatIsStoppedTwiceNoLongerGrace) {
  run_one();
  on(StopRun{"j", ""});
  advance(3s);

  EXPECT_THAT(on(StopRun{"j", ""}), IsEmpty());
  advance(2s);
  EXPECT_THAT(on(Tick{}), Contains("SignalHorse 1 9"));
}

TEST_F(SupervisorTest, StopsAJobThatHeedsTheStop) {
  run_one();
  on(StopRun{"j", ""});
  Outcome heeded = value();
  heeded.stop = Outcome::Stop::seen;

  EXPECT_THAT(on(JobEnded{1, heeded}), Contains("Settle j stopped"));
}

TEST_F(SupervisorTest, StopsAJobThoughItsWorkerIsToldToStopTwiceMeanwhile) {
  run_one();
  on(StopRun{"j", ""});
  on(StopRequested{});
  advance(2s);

  EXPECT_THAT(on(StopRequested{}), Contains("SignalHorse 1 9"));
  EXPECT_THAT(on(HorseEnded{1, "killed"}), Contains("Settle j stopped"));
}

TEST_F(SupervisorTest, StopsARunByItsExecution) {
  run_one();

  EXPECT_THAT(on(StopRun{"j", "e-j"}), ElementsAre("SignalHorse 1 15"));
}

TEST_F(QuickJobs, AreStoppedBeforeTheyBegin) {
  take_two_ahead();

  EXPECT_THAT(on(StopRun{"c", ""}), Contains("Settle c stopped"));
}

TEST_F(SupervisorTest, KillsItsHorsesOnCommand) {
  run_one();

  EXPECT_THAT(on(KillHorses{}), ElementsAre("SignalHorse 1 9"));
  on(HorseEnded{1, "killed by SIGKILL"});
  EXPECT_THAT(only<Settle>().outcome.exc_info, testing::HasSubstr("kill-horse"));
}

TEST_F(SupervisorTest, RestsWhileSuspended) {
  fall_idle();

  EXPECT_THAT(on(Suspended{}), ElementsAre("Unwatch", "Rest suspended"));
  EXPECT_THAT(on(Arrived{"q", "j"}), ElementsAre("GiveBack q j"));
  EXPECT_THAT(on(Suspended{}), IsEmpty());
  EXPECT_THAT(on(Resumed{}), ElementsAre("Claim 1"));
  EXPECT_THAT(on(Claimed{.asked = 1}), ElementsAre("Watch q", "Rest"));
}

TEST_F(SupervisorTest, FinishesItsJobWhenSuspendedAndThenRests) {
  run_one();

  EXPECT_THAT(on(Suspended{}), IsEmpty());
  EXPECT_THAT(on(JobEnded{1, value()}),
              ElementsAre("Settle j finished", "RetireHorse 1", "ForkHorse 3", "Rest suspended"));
}

TEST_F(SupervisorTest, EndsABurstThatIsSuspended) {
  make({.queues = {"q"}, .burst = true});
  on(Begin{});

  on(Suspended{});
  EXPECT_THAT(on(Claimed{.asked = 1}), Contains("Finish"));
}

// ---- what observers are told

TEST_F(SupervisorTest, RestsWhenTheLastOfSeveralHorsesIsDone) {
  make({.queues = {"q"}, .horses = 2, .max_idle = 60s});
  on(Begin{});
  for (int horse = 1; horse <= 3; ++horse) on(HorseReady{horse});
  on(Claimed{.asked = 2, .jobs = {job("j")}});
  advance(1s);

  EXPECT_THAT(on(JobEnded{1, value()}),
              ElementsAre("Settle j finished", "RetireHorse 1", "ForkHorse 4", "Rest"));
  advance(60s);
  EXPECT_THAT(on(Tick{}), Contains("AnnounceStop idle"));
}

TEST_F(SupervisorTest, RestsWhenItsLastCallbackIsDone) {
  make({.queues = {"q"}, .horses = 2});
  on(Begin{});
  for (int horse = 1; horse <= 3; ++horse) on(HorseReady{horse});
  ClaimedJob told = job("j");
  told.job.callbacks = {{.when = Status::finished, .task = "audit.note"}};
  on(Claimed{.asked = 2, .jobs = {told}});
  advance(1s);

  EXPECT_THAT(on(JobEnded{1, value()}), Not(Contains("Rest")));
  EXPECT_THAT(on(JobEnded{1, value()}), Contains("Rest"));
}

TEST_F(SupervisorTest, DoesNotRestBetweenTwoJobs) {
  make({.queues = {"q"}, .horses = 2});
  on(Begin{});
  for (int horse = 1; horse <= 3; ++horse) on(HorseReady{horse});
  on(Claimed{.asked = 2, .jobs = {job("a"), job("b")}});
  advance(1s);

  EXPECT_THAT(on(JobEnded{1, value()}),
              ElementsAre("Settle a finished", "RetireHorse 1", "Claim 1", "ForkHorse 4"));
  EXPECT_THAT(on(JobEnded{2, value()}),
              ElementsAre("Settle b finished", "RetireHorse 2", "Claim 1", "ForkHorse 5"));
}

TEST_F(SupervisorTest, RestsAgainAfterAnOutage) {
  fall_idle();
  on(RedisLost{});
  on(RedisBack{});

  EXPECT_THAT(on(Claimed{.asked = 1}), ElementsAre("Watch q", "Rest"));
}

TEST_F(SupervisorTest, NamesAJobThatGoesOnWhenTheNamedOneHasEnded) {
  make({.queues = {"q"}, .horses = 3});
  on(Begin{});
  for (int horse = 1; horse <= 4; ++horse) on(HorseReady{horse});
  on(Claimed{.asked = 3, .jobs = {job("slow"), job("quick")}});
  advance(1s);

  EXPECT_THAT(on(JobEnded{2, value()}), Contains("NameJob slow"));
  EXPECT_THAT(on(JobEnded{1, value()}),
              testing::AllOf(Contains("Rest"), Not(Contains("NameJob slow"))));
}

// ---- what cannot be dealt with

TEST_F(SupervisorTest, FailsARunOfWhichItCannotTellWhatIsToFollow) {
  run_one();
  // Frames of horses are checked; what no check has thought of must not end the worker.
  EXPECT_THAT(on(JobEnded{1, {.kind = Outcome::Kind::snooze}}), Contains("Settle j failed"));
  EXPECT_THAT(only<Settle>().outcome.exc_info, testing::HasSubstr("cannot be done"));
}

// ---- the end of its own accord

TEST_F(SupervisorTest, EndsAfterItsShareOfJobs) {
  make({.queues = {"q"}, .horses = 4, .max_jobs = 2});

  EXPECT_THAT(on(Begin{}), Contains("Claim 2 inbox"));
  for (int horse = 1; horse <= 5; ++horse) on(HorseReady{horse});
  EXPECT_THAT(on(Claimed{.asked = 2, .jobs = {job("a"), job("b")}}),
              ElementsAre("Assign 1 a last", "Assign 2 b last", "AnnounceStop jobs_done"));
  on(JobEnded{1, value()});
  on(JobEnded{2, value()});
  on(SettleAcknowledged{});
  EXPECT_THAT(on(SettleAcknowledged{}), Contains("Finish"));
}

TEST_F(SupervisorTest, EndsWhenItHasBeenIdleForLong) {
  fall_idle({.queues = {"q"}, .max_idle = 3s});

  EXPECT_EQ(supervisor_->next_tick(), now_.steady + 3s);
  advance(3s);
  EXPECT_THAT(on(Tick{}), ElementsAre("AnnounceStop idle", "Unwatch"));
}

TEST_F(SupervisorTest, InterruptsJobsThatOutlastItsWarmStop) {
  make({.queues = {"q"}, .stop_wait = 10s});
  on(Begin{});
  for (int horse = 1; horse <= 2; ++horse) on(HorseReady{horse});
  on(Claimed{.asked = 1, .jobs = {job("j")}});
  on(StopRequested{});

  advance(10s);
  EXPECT_THAT(on(Tick{}), Contains("SignalHorse 1 15"));
  advance(5s);
  EXPECT_THAT(on(Tick{}), Contains("SignalHorse 1 9"));
  EXPECT_THAT(on(HorseEnded{1, "killed"}), ElementsAre("PutBack j front", "Rest"));
  EXPECT_THAT(on(SettleAcknowledged{}), ElementsAre("Finish"));
}

TEST_F(SupervisorTest, PutsBackAJobThatHeedsTheEndOfItsWarmStop) {
  make({.queues = {"q"}, .stop_wait = 10s});
  on(Begin{});
  for (int horse = 1; horse <= 2; ++horse) on(HorseReady{horse});
  on(Claimed{.asked = 1, .jobs = {job("j")}});
  on(StopRequested{});
  advance(10s);
  on(Tick{});
  Outcome heeded = value();
  heeded.stop = Outcome::Stop::seen;

  EXPECT_THAT(on(JobEnded{1, heeded}), Contains("PutBack j front"));
}

// ---- other workers

TEST_F(SupervisorTest, RenewsItsLease) {
  run_one();

  EXPECT_EQ(supervisor_->next_tick(), now_.steady + 4s);
  advance(4s);
  EXPECT_THAT(on(Tick{}), ElementsAre("RenewLease"));
  EXPECT_EQ(supervisor_->next_tick(), now_.steady + 4s);
}

TEST_F(SupervisorTest, BeginsNoJobWhenItsLeaseHasRunOut) {
  make({.queues = {"q"}});
  on(Begin{});
  on(HorseReady{1});
  advance(10s);  // the whole process stood still, say

  EXPECT_THAT(on(Claimed{.asked = 1, .jobs = {job("j")}}), Contains("PutBack j front"));
}

TEST_F(QuickJobs, GoBackWhenTheLeaseHasRunOutMeanwhile) {
  take_two_ahead();
  on(RedisLost{});
  advance(10s);

  EXPECT_THAT(on(JobEnded{2, value()}), Contains("PutBack c front"));
}

TEST_F(SupervisorTest, AsksAtOnceWhetherItWasGivenUpWhenItsLeaseHasRunOut) {
  fall_idle();
  advance(11s);

  EXPECT_THAT(on(Tick{}), ElementsAre("RenewLease"));
}

TEST_F(QuickJobs, DoNotBeginWhenRedisDoesNotKnowOfThem) {
  take_two_ahead();
  on(RedisLost{});

  EXPECT_THAT(on(RedisBack{.gone = {"e-c"}}), Not(Contains(testing::HasSubstr("Assign"))));
  EXPECT_THAT(on(JobEnded{2, value()}), Contains(testing::HasSubstr("Assign 3 d")));
}

TEST_F(QuickJobs, DoNotBeginWhenTheirWorkerWasGivenUp) {
  take_two_ahead();
  on(RedisLost{});
  on(RedisBack{.given_up = true});

  EXPECT_THAT(on(JobEnded{2, value()}), Not(Contains(testing::HasSubstr("Assign"))));
}

// ---- clocks that jump

TEST_F(SupervisorTest, WaitsByTheSteadyClockAlone) {
  run_one(30);
  now_.wall += std::chrono::hours(24 * 365);

  EXPECT_THAT(on(Tick{}), IsEmpty());
  EXPECT_EQ(supervisor_->next_tick(), now_.steady + 4s);
  now_.wall -= std::chrono::hours(24 * 365 * 2);
  EXPECT_THAT(on(Tick{}), IsEmpty());
}

TEST_F(SupervisorTest, MeasuresARunByTheSteadyClock) {
  run_one();
  now_.wall -= std::chrono::hours(24);
  now_.steady += 3s;

  on(JobEnded{1, {.kind = Outcome::Kind::value, .usage = {.user_cpu = 7us}}, ""});

  EXPECT_EQ(only<Settle>().times.usage->wall, 3s);
}

class Heir : public SupervisorTest {
 protected:
  /// Time passes in ticks, with each lease renewed in time.
  void live(int renewals) {
    for (int i = 0; i < renewals; ++i) {
      advance(4s);
      on(Tick{});
      on(LeaseRenewed{});
    }
  }
};

TEST_F(Heir, TakesOverWhatALostWorkerRan) {
  fall_idle();
  live(2);

  EXPECT_THAT(on(LeaseRenewed{{"lost"}}), ElementsAre("Inherit lost"));
  EXPECT_THAT(on(Inherited{.lost_worker = "lost", .jobs = {job("a")}, .more = true}),
              ElementsAre("Settle a failed", "Inherit lost"));
}

TEST_F(Heir, PutsBackWhatTheLostWorkerHadOnlyTakenAhead) {
  fall_idle();
  live(2);
  on(LeaseRenewed{{"lost"}});
  ClaimedJob ahead = job("a");
  ahead.begun = false;

  EXPECT_THAT(on(Inherited{.lost_worker = "lost", .jobs = {ahead}}),
              ElementsAre("PutBack a front", "Rest"));
}

TEST_F(Heir, DoesNotBelieveThatOthersAreLostWhenRedisWasAway) {
  fall_idle();
  live(2);
  on(RedisLost{});
  advance(60s);
  on(RedisBack{});

  EXPECT_THAT(on(LeaseRenewed{{"lost"}}), IsEmpty());
  live(2);
  EXPECT_THAT(on(LeaseRenewed{{"lost"}}), ElementsAre("Inherit lost"));
}

TEST_F(Heir, DoesNotBelieveItWhenItsOwnRenewalWasLate) {
  fall_idle();
  live(2);
  advance(4s);
  on(Tick{});
  advance(3s);  // Redis was slow to answer

  EXPECT_THAT(on(LeaseRenewed{{"lost"}}), IsEmpty());
}

TEST_F(Heir, DoesNotBelieveItWhenAnEarlierRenewalWasLate) {
  fall_idle();
  live(2);
  advance(4s);
  on(Tick{});
  advance(4s);
  on(Tick{});  // the first is still unanswered

  EXPECT_THAT(on(LeaseRenewed{{"lost"}}), IsEmpty());
}

// Redis' clock was set forward, and all leases have run out at once.
TEST_F(Heir, DoesNotBelieveItWhenRedisClockHasJumped) {
  fall_idle();
  const auto renew = [this](double ends, std::vector<std::string> lost = {}) {
    advance(4s);
    on(Tick{});
    return on(LeaseRenewed{std::move(lost), ends});
  };
  renew(1'000);
  renew(1'004);

  EXPECT_THAT(renew(1'020, {"lost"}), IsEmpty());
  EXPECT_THAT(renew(1'024, {"lost"}), IsEmpty());
  EXPECT_THAT(renew(1'028, {"lost"}), ElementsAre("Inherit lost"));
}

TEST_F(Heir, ThatIsABurstWaitsUntilItMayInherit) {
  make({.queues = {"q"}, .burst = true});
  on(Begin{});
  on(HorseReady{1});
  EXPECT_THAT(on(Claimed{.asked = 1}), Not(Contains("Finish")));
  EXPECT_THAT(on(LeaseRenewed{{"lost"}}), Not(Contains("Finish")));
  advance(4s);
  on(Tick{});
  EXPECT_THAT(on(LeaseRenewed{{"lost"}}), Not(Contains("Finish")));
  advance(4s);
  on(Tick{});
  EXPECT_THAT(on(LeaseRenewed{{"lost"}}), Contains("Inherit lost"));
  ClaimedJob ahead = job("a");
  ahead.begun = false;

  EXPECT_THAT(on(Inherited{.lost_worker = "lost", .jobs = {ahead}}),
              ElementsAre("PutBack a front", "Claim 1"));
}

TEST_F(Heir, SettlesItsInheritanceBeforeItGoes) {
  fall_idle();
  live(2);
  on(LeaseRenewed{{"lost"}});
  on(StopRequested{});
  on(NothingArrived{"q"});

  EXPECT_THAT(on(Inherited{.lost_worker = "lost", .jobs = {job("a")}}),
              ElementsAre("Settle a failed", "Rest"));
  EXPECT_THAT(on(SettleAcknowledged{}), ElementsAre("Finish"));
}

// ---- modules loaded anew

TEST_F(SupervisorTest, ReplacesItsStable) {
  run_one();

  EXPECT_THAT(on(ReloadRequested{}), ElementsAre("ReplaceStable", "RetireHorse 2", "ForkHorse 3"));
  EXPECT_THAT(on(JobEnded{1, value()}), Contains("Settle j finished"));
}

TEST_F(SupervisorTest, SendsAHorseAwayThatIsBornOfAnOldStable) {
  make({.queues = {"q"}, .jobs_per_horse = 5});
  on(Begin{});

  EXPECT_THAT(on(ReloadRequested{}), ElementsAre("ReplaceStable", "ForkHorse 2"));
  EXPECT_THAT(on(HorseReady{1}), ElementsAre("RetireHorse 1"));
}

}  // namespace
}  // namespace rqpp::worker
