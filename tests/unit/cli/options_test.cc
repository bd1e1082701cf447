#include "cli/options.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::cli {
namespace {

using ::testing::ElementsAre;

TEST(CompleteWords, GivesWaitAValueWhereItHasNone) {
  EXPECT_THAT(complete_words({"enqueue", "--wait", "f.g", "1"}),
              ElementsAre("enqueue", "--wait=forever", "f.g", "1"));
  EXPECT_THAT(complete_words({"enqueue", "f.g", "--wait"}),
              ElementsAre("enqueue", "f.g", "--wait=forever"));
}

TEST(CompleteWords, LeavesWaitWithAValueAlone) {
  EXPECT_THAT(complete_words({"--wait", "5m", "--wait=3"}),
              ElementsAre("--wait", "5m", "--wait=3"));
}

TEST(CompleteWords, TakesAllBehindTwoDashesForArguments) {
  const auto words = complete_words({"f.g", "--", "--wait", "--", "x"});

  ASSERT_EQ(words.size(), 4U);
  for (const std::string& word : words) EXPECT_NE(word.front(), '-');
  EXPECT_THAT(given_words(words), ElementsAre("f.g", "--wait", "--", "x"));
}

TEST(CompleteWords, MarksWordsThatLookLikeListsAndGivenWordUnmarksThem) {
  const auto words = complete_words({"[a,b]", "[", "[]", "a]"});

  EXPECT_NE(words[0], "[a,b]");
  EXPECT_THAT(given_words(words), ElementsAre("[a,b]", "[", "[]", "a]"));
}

}  // namespace
}  // namespace rqpp::cli
