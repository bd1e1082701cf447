#include "cli/printable.h"

#include <string>

#include <gtest/gtest.h>

namespace rqpp::cli {
namespace {

TEST(Printable, KeepsText) {
  EXPECT_EQ(printable("fib.slow_fib(20) – 'é' 😀 a\xC2\xA0z"),
            "fib.slow_fib(20) – 'é' 😀 a\xC2\xA0z");
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("\x1b[2J\x07\r\n"), "\\x1b[2J\\x07\\x0d\\x0a");
  EXPECT_EQ(printable("\xC2\x9B"), "\\x9b");        // CSI in one character
  EXPECT_EQ(printable("\xE2\x80\xAE"), "\\u202e");  // text from right to left
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
}

TEST(Printable, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // half of a pair
}

TEST(Printable, KeepsLineBreaksWhereTheyBelong) {
  EXPECT_EQ(printable("a\n\tb\x1b", Breaks::keep), "a\n\tb\\x1b");
}

}  // namespace
}  // namespace rqpp::cli
