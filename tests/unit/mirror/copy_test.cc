#include "mirror/copy.h"

#include <gtest/gtest.h>

namespace rqpp::mirror {
namespace {

class CopyTest : public testing::Test {
 protected:
  Copy copy{make_exact_table({1, 2, 3})};
};

TEST_F(CopyTest, TakesPages) {
  copy.begin_round();
  copy.ask();
  EXPECT_TRUE(copy.take_page({"a", "1", "b", "2"}, 2));
  copy.end_round();

  EXPECT_TRUE(copy.contains("a"));
  EXPECT_TRUE(copy.contains("b"));
  EXPECT_EQ(copy.size(), 2U);
}

TEST_F(CopyTest, RemovesAtTheEndOfARoundWhatDidNotCome) {
  copy.add("gone");
  copy.begin_round();
  copy.ask();
  copy.take_page({"a"}, 1);
  EXPECT_TRUE(copy.contains("gone"));

  copy.end_round();

  EXPECT_FALSE(copy.contains("gone"));
}

// Redis had answered before, though the answer came later.
TEST_F(CopyTest, BelievesWhatItWasToldMoreThanAnAnswerToAnEarlierQuestion) {
  copy.ask();
  copy.remove("a");
  copy.take_page({"a", "b"}, 1);
  EXPECT_FALSE(copy.contains("a"));
  EXPECT_TRUE(copy.contains("b"));

  copy.ask();
  copy.add("c");
  copy.take_checks({{"c", false}, {"d", true}, {"b", false}});
  EXPECT_TRUE(copy.contains("c"));
  EXPECT_TRUE(copy.contains("d"));
  EXPECT_FALSE(copy.contains("b"));
}

TEST_F(CopyTest, BelievesAnAnswerToALaterQuestion) {
  copy.remove("a");
  copy.ask();

  copy.take_page({"a"}, 1);

  EXPECT_TRUE(copy.contains("a"));
}

TEST_F(CopyTest, KeepsWhatWasAddedWhileEverythingWasRead) {
  copy.begin_round();
  copy.ask();
  copy.take_page({"a"}, 1);
  copy.add("new");

  copy.end_round();

  EXPECT_TRUE(copy.contains("new"));
}

TEST_F(CopyTest, TakesNoAnswerWhenItWasToldTooMuch) {
  copy.ask();
  for (int i = 0; i < 100'001; ++i) copy.remove(std::to_string(i));

  EXPECT_FALSE(copy.take_page({"1"}, 1));
  EXPECT_FALSE(copy.contains("1"));

  copy.ask();
  EXPECT_TRUE(copy.take_page({"1"}, 1));
  EXPECT_TRUE(copy.contains("1"));
}

}  // namespace
}  // namespace rqpp::mirror
