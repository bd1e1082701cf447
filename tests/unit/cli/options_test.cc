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

TEST(CompleteWords, LeavesWhatStandsBehindTwoDashesAlone) {
  EXPECT_THAT(complete_words({"f.g", "--", "--wait", "x"}),
              ElementsAre("f.g", "--", "--wait", "x"));
}

TEST(CompleteWords, MarksWordsThatLookLikeListsAndGivenWordUnmarksThem) {
  const auto words = complete_words({"[a,b]", "[", "[]", "a]"});

  EXPECT_NE(words[0], "[a,b]");
  std::vector<std::string> given;
  for (const std::string& word : words) given.push_back(given_word(word));
  EXPECT_THAT(given, ElementsAre("[a,b]", "[", "[]", "a]"));
}

}  // namespace
}  // namespace rqpp::cli
