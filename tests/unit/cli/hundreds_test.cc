#include "cli/hundreds.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace rqpp::cli {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

std::vector<std::string> numbered(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(fmt::format("n{:04}", i));
  return names;
}

TEST(NextHundred, IsAllWhereThereAreNoMore) {
  EXPECT_THAT(next_hundred({}, "x"), IsEmpty());
  EXPECT_THAT(next_hundred({"a", "b"}, "a"), ElementsAre("a", "b"));
  EXPECT_THAT(next_hundred(numbered(100), "n0050"), SizeIs(100));
}

TEST(NextHundred, GivesEachItsTurn) {
  const auto names = numbered(250);
  std::map<std::string, int> turns;
  std::string last;

  for (int look = 0; look < 5; ++look) {
    const auto hundred = next_hundred(names, last);
    ASSERT_THAT(hundred, SizeIs(100));
    for (const std::string& name : hundred) ++turns[name];
    last = hundred.back();
  }

  EXPECT_THAT(turns, SizeIs(250));
  EXPECT_THAT(turns, Each(Pair(::testing::_, 2)));
}

TEST(NextHundred, GoesOnWhereTheLastOneIsGone) {
  auto names = numbered(250);
  names.erase(names.begin() + 99);

  EXPECT_EQ(next_hundred(names, "n0099").front(), "n0100");
  EXPECT_EQ(next_hundred(names, "z").front(), "n0000");
}

}  // namespace
}  // namespace rqpp::cli
