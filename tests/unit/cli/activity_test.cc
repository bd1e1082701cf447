#include "cli/activity.h"

#include <gtest/gtest.h>

#include <limits>

namespace rqpp::cli {
namespace {

Activity steady(double amount) {
  Activity activity;
  for (int second = 0; second < 60; ++second) activity.take(amount, second);
  return activity;
}

TEST(Activity, IsHigherWhereMoreHappens) {
  EXPECT_GT(steady(1'000).level(), steady(100).level());
  EXPECT_GT(steady(100).level(), steady(1).level());
  EXPECT_GT(steady(0.1).level(), steady(0).level());
}

TEST(Activity, DoesNotJumpAboutAtALimit) {
  Activity activity = steady(64);
  const int level = activity.level();

  for (int second = 60; second < 600; ++second) {
    activity.take(second % 2 == 0 ? 60 : 68, second);
    ASSERT_EQ(activity.level(), level) << second;
  }
}

TEST(Activity, ForgetsWithinAMinuteOrTwo) {
  Activity activity = steady(64);

  for (int second = 60; second < 180; ++second) activity.take(0, second);

  EXPECT_EQ(activity.level(), Activity().level());
}

TEST(Activity, TakesEachMomentForWhatItLasted) {
  Activity often;
  Activity seldom;
  for (int tenth = 0; tenth <= 300; ++tenth) often.take(tenth < 150 ? 0 : 50, tenth / 10.0);
  for (int tenth = 0; tenth <= 300; tenth += 50) seldom.take(tenth < 150 ? 0 : 50, tenth / 10.0);

  EXPECT_EQ(often.level(), seldom.level());
}

TEST(Activity, StandsWhatAHostileServerSays) {
  Activity activity = steady(std::numeric_limits<double>::max());

  EXPECT_GT(activity.level(), 1'000);
}

}  // namespace
}  // namespace rqpp::cli
