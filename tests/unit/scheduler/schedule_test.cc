#include "scheduler/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::scheduler {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// Feeds a schedule and reads its answers as text.
class ScheduleTest : public testing::Test {
 protected:
  void make(Schedule::Options options) { schedule_.emplace(options); }

  std::vector<std::string> on(const Event& event) {
    std::vector<std::string> texts;
    for (const Action& action : schedule_->on(event, now_)) texts.push_back(to_text(action));
    return texts;
  }
  void advance(std::chrono::milliseconds time) {
    now_.steady += time;
    now_.wall += time;
  }
  /// When something is to be done next, from now on.
  std::chrono::milliseconds sleep() const {
    return std::chrono::ceil<std::chrono::milliseconds>(schedule_->next_tick() - now_.steady);
  }
  static Held held(const std::string& queue) { return {.queues = {{.name = queue, .ours = true}}}; }
  Seen seen(const std::string& queue, std::optional<std::chrono::milliseconds> in = {}) const {
    Seen it{.queues = {{.name = queue}}};
    if (in) it.queues[0].due = now_.wall + *in;
    return it;
  }

  /// The queue "q" is ours, Redis tells of changes, and nothing is scheduled.
  void hold_q() {
    make({.queues = {"q"}});
    on(Connected{});
    on(held("q"));
    on(seen("q"));
    on(Hearing{true});
    on(seen("q"));
  }

  std::optional<Schedule> schedule_;
  Moment now_{Moment::Steady{1000s}, Time{1'700'000'000s}};
};

TEST_F(ScheduleTest, AsksForItsQueuesAndLooksAtThoseThatItGets) {
  make({.queues = {"a", "b"}});

  EXPECT_THAT(on(Connected{}), ElementsAre("Hold a,b"));
  EXPECT_THAT(on(Held{{{.name = "a", .ours = true}, {.name = "b", .others_for = 60s}}}),
              ElementsAre("Look a"));
  EXPECT_THAT(schedule_->held(), ElementsAre("a"));
}

TEST_F(ScheduleTest, SleepsUntilTheLockIsToBeRenewedWhenNothingIsScheduled) {
  hold_q();
  EXPECT_EQ(sleep(), 10s);

  advance(10s);

  EXPECT_THAT(on(Tick{}), ElementsAre("Hold q"));
  EXPECT_THAT(on(held("q")), ElementsAre("Look q"));
}

TEST_F(ScheduleTest, SleepsUntilTheNextJobIsDue) {
  hold_q();
  on(Changed{"q"});
  advance(1s);
  on(Tick{});

  EXPECT_THAT(on(seen("q", 2500ms)), IsEmpty());
  EXPECT_EQ(sleep(), 2500ms);
  advance(2499ms);
  EXPECT_THAT(on(Tick{}), IsEmpty());
  advance(1ms);
  EXPECT_THAT(on(Tick{}), ElementsAre("Move q 50"));
}

TEST_F(ScheduleTest, GoesOnUntilNothingIsDue) {
  hold_q();
  advance(1s);
  on(Changed{"q"});
  EXPECT_THAT(on(seen("q", 0s)), ElementsAre("Move q 50"));

  EXPECT_THAT(on(Moved{.seen = seen("q", -5s)}), ElementsAre("Move q 50"));
  EXPECT_THAT(on(Moved{.seen = seen("q", 1h)}), IsEmpty());
}

TEST_F(ScheduleTest, LeavesHalfOfItsTimeToOthersHoweverMuchIsDue) {
  hold_q();
  advance(1s);
  on(Changed{"q"});
  on(seen("q", 0s));
  advance(40ms);

  EXPECT_THAT(on(Moved{.seen = seen("q", -5s)}), IsEmpty());
  EXPECT_EQ(sleep(), 40ms);
  advance(40ms);
  EXPECT_THAT(on(Tick{}), ElementsAre("Move q 50"));
}

TEST_F(ScheduleTest, GivesEachQueueItsShare) {
  make({.queues = {"a", "b", "c"}});
  on(Connected{});
  on(Held{{{.name = "a", .ours = true}, {.name = "b", .ours = true}, {.name = "c", .ours = true}}});

  Seen all{{{"a", now_.wall}, {"b", now_.wall - 1s}, {"c", now_.wall + 1s}}};
  EXPECT_THAT(on(all), ElementsAre("Move a,b 25"));
}

TEST_F(ScheduleTest, LooksAtOtherQueuesWhileOneHasMuchToDo) {
  make({.queues = {"a", "b"}});
  on(Connected{});
  on(Held{{{.name = "a", .ours = true}, {.name = "b", .ours = true}}});
  on(Hearing{true});
  EXPECT_THAT(on(Seen{{{"a", now_.wall}, {"b", std::nullopt}}}), ElementsAre("Move a 50"));
  advance(1s);

  EXPECT_THAT(on(Changed{"b"}), ElementsAre("Look b"));
}

TEST_F(ScheduleTest, LooksAtOnceWhenSomethingHasChangedButNotTooOften) {
  hold_q();
  advance(1s);

  EXPECT_THAT(on(Changed{"q"}), ElementsAre("Look q"));
  on(seen("q", 1h));
  advance(50ms);
  EXPECT_THAT(on(Changed{"q"}), IsEmpty());
  EXPECT_EQ(sleep(), 150ms);
  advance(150ms);
  EXPECT_THAT(on(Tick{}), ElementsAre("Look q"));
}

TEST_F(ScheduleTest, LooksEachSecondWhereRedisTellsOfNoChange) {
  hold_q();

  EXPECT_THAT(on(Hearing{false}), ElementsAre("Look q"));
  on(seen("q", 1h));
  EXPECT_EQ(sleep(), 1s);
  advance(1s);
  EXPECT_THAT(on(Tick{}), ElementsAre("Look q"));
}

TEST_F(ScheduleTest, AsksAgainWhenAnothersLockHasRunOut) {
  make({.queues = {"q"}});
  on(Connected{});
  on(Held{{{.name = "q", .others_for = 12s}}});

  EXPECT_EQ(sleep(), 12s + 50ms);
  advance(sleep());
  EXPECT_THAT(on(Tick{}), ElementsAre("Hold q"));
  EXPECT_THAT(on(held("q")), ElementsAre("Look q"));
}

TEST_F(ScheduleTest, AsksOnceAMinuteForALockThatDoesNotRunOut) {
  make({.queues = {"q"}});
  on(Connected{});
  on(Held{{{.name = "q"}}});

  EXPECT_EQ(sleep(), 60s);
}

TEST_F(ScheduleTest, LeavesAQueueThatAnotherHasTakenMeanwhile) {
  hold_q();
  advance(1s);
  on(Changed{"q"});
  on(seen("q", 0s));

  EXPECT_THAT(on(Moved{.lost = {"q"}, .seen = seen("q", 0s)}), ElementsAre("Hold q"));
  EXPECT_THAT(on(Held{{{.name = "q", .others_for = 61s}}}), IsEmpty());
  EXPECT_THAT(schedule_->held(), IsEmpty());
}

TEST_F(ScheduleTest, LeavesAQueueThatRedisRefusesToTouchForAWhile) {
  hold_q();
  advance(1s);
  on(Changed{"q"});
  on(seen("q", 0s));

  EXPECT_THAT(on(Moved{.troubled = {"q"}, .seen = seen("q", 0s)}), IsEmpty());
  EXPECT_EQ(sleep(), 5s);
  advance(5s);
  EXPECT_THAT(on(Tick{}), ElementsAre("Move q 50"));
}

TEST_F(ScheduleTest, BeginsAnewAfterAnOutage) {
  hold_q();

  EXPECT_THAT(on(Lost{}), IsEmpty());
  EXPECT_THAT(schedule_->held(), IsEmpty());
  advance(1h);
  EXPECT_THAT(on(Tick{}), IsEmpty());
  EXPECT_THAT(on(Connected{}), ElementsAre("Hold q"));
}

TEST_F(ScheduleTest, NoticesWithinTenSecondsThatTheClockWasPutForward) {
  hold_q();
  advance(1s);
  on(Changed{"q"});
  on(seen("q", 30min));

  now_.wall += 1h;
  advance(sleep());

  EXPECT_THAT(on(Tick{}), ElementsAre("Hold q", "Move q 50"));
  EXPECT_EQ(now_.steady, Moment::Steady{1010s});
}

TEST_F(ScheduleTest, WaitsWhenTheClockWasPutBack) {
  hold_q();
  advance(1s);
  on(Changed{"q"});
  on(seen("q", 5s));

  now_.wall -= 1h;
  advance(5s);

  EXPECT_THAT(on(Tick{}), IsEmpty());
  now_.wall += 1h;
  EXPECT_THAT(on(Tick{}), ElementsAre("Move q 50"));
}

TEST_F(ScheduleTest, GivesItsQueuesUpWhenItStops) {
  hold_q();

  EXPECT_THAT(on(StopRequested{}), ElementsAre("Release q"));
  EXPECT_FALSE(schedule_->finished());
  EXPECT_THAT(on(Released{}), ElementsAre("Finish"));
  EXPECT_TRUE(schedule_->finished());
}

TEST_F(ScheduleTest, GivesUpAlsoWhatItHasAskedForWhenItStops) {
  make({.queues = {"a", "b"}});
  on(Connected{});

  EXPECT_THAT(on(StopRequested{}), ElementsAre("Release a,b"));
  EXPECT_TRUE(schedule_->leaving());
  EXPECT_THAT(on(Held{{{.name = "a", .ours = true}, {.name = "b", .others_for = 60s}}}), IsEmpty());
  EXPECT_THAT(on(Released{}), ElementsAre("Finish"));
}

TEST_F(ScheduleTest, StopsAtOnceWhenItHasNothing) {
  make({.queues = {"q"}});

  EXPECT_THAT(on(StopRequested{}), ElementsAre("Finish"));
}

TEST_F(ScheduleTest, DoesItOnceAndEnds) {
  make({.queues = {"a", "b"}, .once = true});
  on(Connected{});

  EXPECT_THAT(on(Held{{{.name = "a", .ours = true}, {.name = "b", .others_for = 60s}}}),
              ElementsAre("Look a"));
  EXPECT_THAT(on(seen("a", -1s)), ElementsAre("Move a 50"));
  advance(1s);
  EXPECT_THAT(on(Moved{.seen = seen("a", -1s)}), ElementsAre("Move a 50"));
  EXPECT_THAT(on(Moved{.seen = seen("a", 1h)}), ElementsAre("Release a"));
  EXPECT_THAT(on(Released{}), ElementsAre("Finish"));
}

TEST_F(ScheduleTest, EndsAtOnceWhenOthersHaveAllQueues) {
  make({.queues = {"q"}, .once = true});
  on(Connected{});

  EXPECT_THAT(on(Held{{{.name = "q", .others_for = 60s}}}), ElementsAre("Finish"));
}

}  // namespace
}  // namespace rqpp::scheduler
