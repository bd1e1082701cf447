#include "doctor/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/diagnose.h"

namespace rqpp::doctor {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Moment moment_of_second(int second) {
  return {.sample = {.at_seconds = static_cast<double>(second), .commands = 10 * second},
          .spent = {.calls = {{"info", 10 * (second + 1)}},
                    .bytes_out = 100 * (second + 1),
                    .bytes_in = 1'000 * (second + 1)}};
}

TEST(Timeline, HasAReadingBetweenEachTwoMoments) {
  Timeline timeline;
  EXPECT_TRUE(timeline.empty());

  for (int second : {0, 1, 3}) timeline.add(moment_of_second(second));

  EXPECT_EQ(timeline.moments(), 3U);
  ASSERT_THAT(timeline.readings(), SizeIs(2));
  EXPECT_EQ(timeline.readings()[1].from, 1);
  EXPECT_EQ(timeline.readings()[1].to, 3);
  EXPECT_EQ(timeline.first(), moment_of_second(0));
  EXPECT_EQ(timeline.last(), moment_of_second(3));
}

TEST(Timeline, LeavesOutWhatIsNotLater) {
  Timeline timeline;
  for (int second : {5, 5, 3, 6}) timeline.add(moment_of_second(second));

  EXPECT_EQ(timeline.moments(), 2U);
  EXPECT_THAT(timeline.readings(), SizeIs(1));
}

TEST(Timeline, JoinsOlderReadingsWhenThereAreManyAndLosesNoTime) {
  constexpr int kSeconds = 3 * static_cast<int>(Timeline::kMostReadings);
  Timeline timeline;
  for (int second = 0; second <= kSeconds; ++second) {
    timeline.add(moment_of_second(second));
    ASSERT_LT(timeline.readings().size(), Timeline::kMostReadings);
  }

  const auto& readings = timeline.readings();
  EXPECT_EQ(timeline.moments(), static_cast<std::size_t>(kSeconds) + 1);
  EXPECT_EQ(readings.front().from, 0);
  EXPECT_EQ(readings.back().to, kSeconds);
  EXPECT_EQ(readings.back().from, kSeconds - 1) << "the newest are as they were";
  for (std::size_t i = 1; i < readings.size(); ++i) {
    ASSERT_EQ(readings[i].from, readings[i - 1].to) << i;
  }
}

TEST(FactsOfWatch, AreThoseOfItsFirstAndLastMomentWithWhatItCost) {
  Timeline timeline;
  for (int second = 0; second <= 9; ++second) timeline.add(moment_of_second(second));

  const Facts facts = facts_of_watch({.version = "7.0.15"}, timeline);

  EXPECT_EQ(facts.server.version, "7.0.15");
  EXPECT_EQ(facts.before, moment_of_second(0).sample);
  EXPECT_EQ(facts.after, moment_of_second(9).sample);
  EXPECT_EQ(facts.own_calls.at("info"), 90);
  EXPECT_EQ(facts.cost.commands, 100);
  EXPECT_EQ(facts.cost.bytes_out, 1'000);
  EXPECT_EQ(facts.cost.seconds, 9);
  EXPECT_THAT(facts.unseen, Contains(Field(&Unseen::what, "the slow log")));
  EXPECT_FALSE(facts.slow_log);
}

TEST(FactsOfWatch, AreDiagnosed) {
  Timeline timeline;
  timeline.add({.sample = {.at_seconds = 0, .cpu_seconds = 0}});
  timeline.add({.sample = {.at_seconds = 10,
                           .cpu_seconds = 9,
                           .by_command = {{"keys", {.calls = 100, .usec = 8'000'000}}}}});

  EXPECT_THAT(diagnose(facts_of_watch({}, timeline)), Contains(Field(&Finding::subject, "KEYS")));
  EXPECT_THAT(diagnose(facts_of_watch({}, Timeline{})), IsEmpty());
}

}  // namespace
}  // namespace rqpp::doctor
