#include "cli/told_rate.h"

#include <gtest/gtest.h>

namespace rqpp::cli {
namespace {

constexpr auto kRest = ToldRate::Left::nothing;
constexpr auto kBusy = ToldRate::Left::unknown;

TEST(ToldRate, IsNotKnownAtFirst) {
  ToldRate rate;
  EXPECT_EQ(rate.per_second(), std::nullopt);

  rate.take(1'000, kRest, 5);

  EXPECT_EQ(rate.per_second(), std::nullopt);
}

TEST(ToldRate, IsZeroOfOneThatRests) {
  ToldRate rate;
  rate.take(7, kRest, 1);
  rate.take(7, kRest, 2);

  EXPECT_EQ(rate.per_second(), 0);
}

TEST(ToldRate, SpreadsWhatIsToldLateOverTheTimeSinceTheLastTelling) {
  ToldRate rate;
  rate.take(0, kRest, 0);
  for (int second = 1; second < 30; ++second) rate.take(0, kBusy, second);
  EXPECT_EQ(rate.per_second(), std::nullopt) << "it has not told anything";

  rate.take(600, kBusy, 30);

  EXPECT_DOUBLE_EQ(rate.per_second().value(), 20);
}

TEST(ToldRate, HoldsUntilItIsPlainlyTooHigh) {
  ToldRate rate;
  rate.take(0, kRest, 0);
  rate.take(600, kBusy, 30);

  rate.take(600, kBusy, 59);
  EXPECT_DOUBLE_EQ(rate.per_second().value(), 20);
  rate.take(600, kBusy, 90);
  EXPECT_DOUBLE_EQ(rate.per_second().value(), 10);
  rate.take(630, kBusy, 90);
  EXPECT_DOUBLE_EQ(rate.per_second().value(), 0.5);
}

TEST(ToldRate, FallsToZeroWithItsWork) {
  ToldRate rate;
  rate.take(0, kRest, 0);
  rate.take(600, kBusy, 30);
  rate.take(620, kRest, 31);
  EXPECT_DOUBLE_EQ(rate.per_second().value(), 20);

  rate.take(620, kRest, 32);

  EXPECT_EQ(rate.per_second(), 0);
}

TEST(ToldRate, IsNotGuessedFromWhatWasDoneBeforeTheFirstLook) {
  ToldRate rate;
  rate.take(5'000, kBusy, 0);
  rate.take(9'000, kBusy, 1);
  EXPECT_EQ(rate.per_second(), std::nullopt) << "4,000 of how many seconds?";

  rate.take(9'010, kBusy, 2);

  EXPECT_DOUBLE_EQ(rate.per_second().value(), 10);
}

TEST(ToldRate, CountsFromZeroAfterARestart) {
  ToldRate rate;
  rate.take(5'000, kRest, 0);

  rate.take(3, kRest, 1);

  EXPECT_DOUBLE_EQ(rate.per_second().value(), 3);
}

TEST(ToldRate, SurvivesAClockThatStands) {
  ToldRate rate;
  rate.take(1, kRest, 5);
  rate.take(2, kRest, 5);

  EXPECT_EQ(rate.per_second(), std::nullopt);
}

}  // namespace
}  // namespace rqpp::cli
