#include "cli/progress_bar.h"

#include <gtest/gtest.h>

namespace rqpp::cli {
namespace {

TEST(ProgressLine, GrowsWithWhatIsDone) {
  EXPECT_EQ(progress_line(0, 200, 18), "[---------] 0/200");
  EXPECT_EQ(progress_line(100, 200, 18), "[###----] 100/200");
  EXPECT_EQ(progress_line(200, 200, 18), "[#######] 200/200");
}

TEST(ProgressLine, FitsTheTerminal) {
  EXPECT_EQ(progress_line(1, 2, 200).size(), 40 + 2 + 4);
  EXPECT_EQ(progress_line(1, 2, 5), "[] 1/2");
  EXPECT_EQ(progress_line(3, 2, 10), "[###] 3/2");
}

}  // namespace
}  // namespace rqpp::cli
