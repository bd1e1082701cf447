#include "mirror/changed_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::mirror {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr ChangedKeys::TimePoint kThen{5s};

TEST(ChangedKeys, AreTakenInTheirOrderAndOnceEach) {
  ChangedKeys keys;
  for (const char* each : {"b", "a", "b", "c"}) keys.add(each);

  EXPECT_THAT(keys.take(2), ElementsAre("b", "a"));
  EXPECT_THAT(keys.take(2), ElementsAre("c"));
  EXPECT_TRUE(keys.empty());
}

TEST(ChangedKeys, AreAddedAgainWhenTheyChangeAfterTheyWereTaken) {
  ChangedKeys keys;
  keys.add("a");
  keys.take(1);
  keys.add("a");

  EXPECT_THAT(keys.take(1), ElementsAre("a"));
}

TEST(ChangedKeys, AreSettledAtOnceWhenThereAreNone) {
  ChangedKeys keys;
  keys.heard_all_before(kThen);

  EXPECT_EQ(keys.settled_before(), kThen);
  EXPECT_EQ(keys.settled_before(), std::nullopt);
}

TEST(ChangedKeys, AreSettledWhenAllAreThatCameBefore) {
  ChangedKeys keys;
  keys.add("a");
  keys.add("b");
  keys.heard_all_before(kThen);
  keys.add("c");
  keys.heard_all_before(kThen + 1s);

  keys.take(1);
  keys.settled(1);
  EXPECT_EQ(keys.settled_before(), std::nullopt);
  keys.take(1);
  keys.settled(1);
  EXPECT_EQ(keys.settled_before(), kThen);
}

TEST(ChangedKeys, AreGivenUpWhenThereAreTooMany) {
  ChangedKeys keys;
  for (std::size_t i = 0; i < ChangedKeys::kMost; ++i) ASSERT_TRUE(keys.add(std::to_string(i)));
  keys.take(1);
  ASSERT_TRUE(keys.add("one"));

  EXPECT_FALSE(keys.add("one more"));

  EXPECT_TRUE(keys.empty());
  keys.heard_all_before(kThen);
  EXPECT_EQ(keys.settled_before(), std::nullopt) << "one is still being asked for";
  keys.settled(1);
  EXPECT_EQ(keys.settled_before(), kThen);
}

}  // namespace
}  // namespace rqpp::mirror
