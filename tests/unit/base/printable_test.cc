#include "base/printable.h"

#include <string>

#include <gtest/gtest.h>

namespace rqpp::base {
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

TEST(WithoutPasswords, HidesThemInEveryUrl) {
  EXPECT_EQ(without_passwords("redis://me:pw@db:1 and https://:p:q@w@h/x:y@z"),
            "redis://me:***@db:1 and https://:***@h/x:y@z");
}

TEST(WithoutPasswords, LeavesAllElse) {
  for (const char* text : {"", "redis://db:6379/0", "redis://me@db", "a: b@c", "http://h/a:b@c",
                           "://", "x://:", "fib.slow_fib(20)"}) {
    EXPECT_EQ(without_passwords(text), text);
  }
}

}  // namespace
}  // namespace rqpp::base
