#include "worker/output_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

using testing::EndsWith;
using testing::StartsWith;

std::string lines_of(std::initializer_list<std::string> writes) {
  OutputTail tail;
  for (const std::string& text : writes) tail.add(text);
  return tail.lines();
}

TEST(OutputTail, ShowsLinesIndented) {
  EXPECT_EQ(lines_of({}), "");
  EXPECT_EQ(lines_of({"a\nb"}), "  a\n  b\n");
  EXPECT_EQ(lines_of({"a", "b\n", "\n", "c\n"}), "  ab\n  \n  c\n");
}

TEST(OutputTail, KeepsTheLastLines) {
  OutputTail tail;
  for (int i = 0; i < 100; ++i) tail.add(std::to_string(i) + "\n");

  EXPECT_THAT(tail.lines(), StartsWith("  80\n  81\n"));
  EXPECT_THAT(tail.lines(), EndsWith("  99\n"));
}

TEST(OutputTail, CutsALongLineAtItsBeginning) {
  const std::string lines = lines_of({std::string(10'000, 'x') + "end\n"});

  EXPECT_THAT(lines, StartsWith("  ...x"));
  EXPECT_THAT(lines, EndsWith("xend\n"));
  EXPECT_LE(lines.size(), OutputTail::kMostBytes + 10);
}

TEST(OutputTail, HoldsLittleHoweverMuchIsWritten) {
  OutputTail tail;
  for (int i = 0; i < 10'000; ++i) tail.add("0123456789");

  EXPECT_LE(tail.lines().size(), OutputTail::kMostBytes + 10);
}

TEST(OutputTail, ForgetsWhenItIsCleared) {
  OutputTail tail;
  tail.add(std::string(10'000, 'x'));
  tail.clear();
  tail.add("new\n");

  EXPECT_EQ(tail.lines(), "  new\n");
}

TEST(OutputTail, IsValidUtf8) {
  EXPECT_EQ(lines_of({"a\xff"
                      "b\n"}),
            "  a\xEF\xBF\xBD"
            "b\n");
}

TEST(WithOutput, PutsItBelowTheError) {
  EXPECT_EQ(with_output("int: 7\n", ""), "int: 7\n");
  EXPECT_EQ(with_output("int: 7\n", "  a\n"), "int: 7\n\nThe job wrote last:\n  a\n");
  EXPECT_EQ(with_output("killed", "  a\n"), "killed\n\nThe job wrote last:\n  a\n");
}

}  // namespace
}  // namespace rqpp::worker
