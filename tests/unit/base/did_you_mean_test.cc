#include "base/did_you_mean.h"

#include <vector>

#include <gtest/gtest.h>

namespace rqpp::base {
namespace {

const std::vector<std::string> kCommands{"worker", "info", "enqueue", "requeue", "empty"};

TEST(Nearest, FindsAChangedLetter) { EXPECT_EQ(nearest("warker", kCommands), "worker"); }
TEST(Nearest, FindsAMissingLetter) { EXPECT_EQ(nearest("worke", kCommands), "worker"); }
TEST(Nearest, FindsAnAddedLetter) { EXPECT_EQ(nearest("workers", kCommands), "worker"); }
TEST(Nearest, CountsASwapOfNeighboursOnce) { EXPECT_EQ(nearest("ifno", kCommands), "info"); }

TEST(Nearest, PrefersTheCloserName) {
  EXPECT_EQ(nearest("requeu", kCommands), "requeue");
  EXPECT_EQ(nearest("enqueu", kCommands), "enqueue");
}

TEST(Nearest, GivesTheFirstOfTwoEquallyNear) {
  const std::vector<std::string> names{"fib1", "fib2"};

  EXPECT_EQ(nearest("fib3", names), "fib1");
}

TEST(Nearest, FindsNothingFarAway) {
  EXPECT_EQ(nearest("dashboard", kCommands), std::nullopt);
  EXPECT_EQ(nearest("", kCommands), std::nullopt);
}

TEST(Nearest, DoesNotReplaceAWholeWord) {
  const std::vector<std::string> names{"n"};

  EXPECT_EQ(nearest("m", names), std::nullopt);
}

TEST(Nearest, IgnoresWordsOfAnyoneWhoWantsItToTakeLong) {
  const std::string endless(1'000'000, 'a');
  const std::vector<std::string> names{std::string(999'999, 'a')};

  EXPECT_EQ(nearest(endless, names), std::nullopt);
  EXPECT_EQ(nearest("worker", names), std::nullopt);
}

TEST(DidYouMean, IsReadyToStandBehindAMessage) {
  EXPECT_EQ(did_you_mean("wroker", kCommands), " Did you mean 'worker'?");
  EXPECT_EQ(did_you_mean("dashboard", kCommands), "");
}

}  // namespace
}  // namespace rqpp::base
