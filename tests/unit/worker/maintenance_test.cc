#include "worker/maintenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// Feeds a Maintenance of the queues `a` and `b`, and reads its steps as text.
class MaintenanceTest : public testing::Test {
 protected:
  MaintenanceTest() { maintenance_.begin(now_); }

  std::string next() {
    const auto step = maintenance_.next(now_);
    return step ? to_text(*step) : "";
  }
  std::string answer(const Maintained& answer) {
    maintenance_.done(answer);
    return next();
  }
  /// All steps of one time, each answered in the same way.
  std::vector<std::string> all(const Maintained& each) {
    std::vector<std::string> steps;
    for (std::string step = next(); !step.empty(); step = answer(each)) steps.push_back(step);
    return steps;
  }

  Moment::Steady now_{1000s};
  Maintenance maintenance_{{"a", "b"}, 600s};
};

TEST_F(MaintenanceTest, CleansEachQueueAndThenWhatBelongsToNone) {
  EXPECT_THAT(all({.got = true}),
              ElementsAre("Maintain lock a", "Maintain registries a", "Maintain deferred a",
                          "Maintain abandoned a", "Maintain workers a", "Maintain unlock a",
                          "Maintain lock b", "Maintain registries b", "Maintain deferred b",
                          "Maintain abandoned b", "Maintain workers b", "Maintain unlock b",
                          "Maintain common_lock", "Maintain all_workers", "Maintain groups",
                          "Maintain limits"));
  EXPECT_TRUE(maintenance_.idle());
}

TEST_F(MaintenanceTest, LeavesOutWhatSomebodyElseCleans) {
  EXPECT_THAT(all({.got = false}),
              ElementsAre("Maintain lock a", "Maintain lock b", "Maintain common_lock"));
}

TEST_F(MaintenanceTest, ComesByAgainEachInterval) {
  all({});
  EXPECT_EQ(maintenance_.due(), now_ + 600s);
  now_ += 599s;
  EXPECT_EQ(next(), "");

  now_ += 1s;

  EXPECT_EQ(next(), "Maintain lock a");
}

TEST_F(MaintenanceTest, AsksOneThingAtATime) {
  EXPECT_EQ(next(), "Maintain lock a");
  EXPECT_EQ(next(), "");
  EXPECT_EQ(maintenance_.due(), Moment::Steady::max());
}

TEST_F(MaintenanceTest, RepeatsASliceUntilThereIsNoMore) {
  next();
  EXPECT_EQ(answer({.got = true}), "Maintain registries a");
  EXPECT_EQ(answer({.more = true}), "Maintain registries a");
  EXPECT_EQ(answer({}), "Maintain deferred a");
  EXPECT_EQ(answer({}), "Maintain abandoned a");
  EXPECT_EQ(answer({.more = true, .runs_left = 7, .ids_left = 2}), "Maintain abandoned a but 7 2");
  EXPECT_EQ(answer({}), "Maintain workers a");
  EXPECT_EQ(answer({.cursor = "17"}), "Maintain workers a from 17");
  EXPECT_EQ(answer({}), "Maintain unlock a");
}

TEST_F(MaintenanceTest, LooksAtSomePagesOfDeferredJobsAndAtTheNextOnesNextTime) {
  while (next() != "Maintain deferred a") maintenance_.done({.got = true});
  for (int page = 1; page <= Maintenance::kDeferredPages; ++page) {
    const std::string cursor = std::to_string(page);
    EXPECT_EQ(answer({.cursor = cursor, .names = {"j1", "j2"}}), "Maintain look_again a j1 j2");
    EXPECT_EQ(answer({}), page < Maintenance::kDeferredPages ? "Maintain deferred a from " + cursor
                                                             : "Maintain abandoned a");
  }
  all({});
  now_ += 600s;

  while (next() != "Maintain registries a") maintenance_.done({.got = true});

  EXPECT_EQ(answer({}), "Maintain deferred a from 10");
  EXPECT_EQ(answer({.cursor = "0"}), "Maintain abandoned a");
}

TEST_F(MaintenanceTest, LooksOnceMoreAtDeferredJobsThatWaitedForMany) {
  while (next() != "Maintain deferred a") maintenance_.done({.got = true});

  EXPECT_EQ(answer({.names = {"j1", "j2"}}), "Maintain look_again a j1 j2");
  EXPECT_EQ(answer({.names = {"j2"}}), "Maintain look_again a j2");
  EXPECT_EQ(answer({}), "Maintain abandoned a");
}

TEST_F(MaintenanceTest, LooksAtNoMoreThanAHundredDeferredJobsAtOnce) {
  while (next() != "Maintain deferred a") maintenance_.done({.got = true});

  const std::string first = answer({.names = std::vector<std::string>(120, "j")});
  const std::string second = answer({});

  EXPECT_EQ(first.size(), std::string("Maintain look_again a").size() + 100 * 2);
  EXPECT_EQ(second.size(), std::string("Maintain look_again a").size() + 20 * 2);
  EXPECT_EQ(answer({}), "Maintain abandoned a");
}

TEST_F(MaintenanceTest, GoesThroughThePagesOfEachGroupOfEachPage) {
  for (std::string step = next(); step != "Maintain groups";) step = answer({.got = true});

  EXPECT_EQ(answer({.cursor = "5", .names = {"g", "h"}}), "Maintain members h");
  EXPECT_EQ(answer({.cursor = "9"}), "Maintain members h from 9");
  EXPECT_EQ(answer({}), "Maintain members g");
  EXPECT_EQ(answer({}), "Maintain groups from 5");
  EXPECT_EQ(answer({.names = {}}), "Maintain limits");
  EXPECT_EQ(answer({.names = {"api"}}), "Maintain slots api");
  EXPECT_EQ(answer({.cursor = "100"}), "Maintain slots api from 100");
  EXPECT_EQ(answer({}), "");
}

TEST_F(MaintenanceTest, GivesTheLockBackWhenTheWorkerStops) {
  next();
  answer({.got = true});

  maintenance_.stop();

  EXPECT_EQ(answer({}), "Maintain unlock a");
  EXPECT_EQ(answer({}), "");
  EXPECT_TRUE(maintenance_.idle());
  now_ += 600s;
  EXPECT_EQ(next(), "");
}

TEST_F(MaintenanceTest, OfAWorkerThatStopsAtOnceGivesBackALockThatItGets) {
  next();
  maintenance_.stop();

  EXPECT_EQ(answer({.got = true}), "Maintain unlock a");
}

TEST_F(MaintenanceTest, EndsWhereRedisRefuses) {
  next();
  answer({.got = true});

  EXPECT_EQ(answer({.refused = true}), "Maintain unlock a");
  EXPECT_EQ(answer({.refused = true}), "");
  EXPECT_EQ(maintenance_.due(), now_ + 600s);
}

TEST_F(MaintenanceTest, AsksAgainAfterAnOutageButNotAtOnce) {
  next();
  answer({.got = true});
  maintenance_.lose_answer();
  maintenance_.wait_until(now_ + 120s);
  EXPECT_EQ(next(), "");
  EXPECT_EQ(maintenance_.due(), now_ + 120s);

  now_ += 120s;

  EXPECT_EQ(next(), "Maintain registries a");
}

TEST_F(MaintenanceTest, OfAnIntervalOf0IsNone) {
  Maintenance never{{"a"}, 0s};
  never.begin(now_);

  EXPECT_EQ(never.next(now_), std::nullopt);
  EXPECT_EQ(never.due(), Moment::Steady::max());
}

}  // namespace
}  // namespace rqpp::worker
