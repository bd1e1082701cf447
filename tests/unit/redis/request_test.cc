#include "redis/request.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace rqpp::redis {
namespace {

using namespace std::string_literals;

TEST(AppendCommand, WritesRespArrays) {
  std::string out;

  append_command(out, {"SET", "key", std::string("\r\n\0", 3), ""});

  EXPECT_EQ(out, "*4\r\n$3\r\nSET\r\n$3\r\nkey\r\n$3\r\n\r\n\0\r\n$0\r\n\r\n"s);
}

TEST(AppendWord, WritesNumbersAsTexts) {
  std::string out;

  append_word(out, std::numeric_limits<std::int64_t>::min());
  append_word(out, std::numeric_limits<std::uint64_t>::max());

  EXPECT_EQ(out, "$20\r\n-9223372036854775808\r\n$20\r\n18446744073709551615\r\n");
}

TEST(TakeWord, ReadsWhatWasAppended) {
  const std::string long_word(1'000, 'x');
  std::string out;
  for (const std::string_view word : {std::string_view("a"), std::string_view(),
                                      std::string_view("\r\n$1"), std::string_view(long_word)}) {
    append_word(out, word);
  }

  std::string_view rest = out;

  EXPECT_EQ(take_word(rest), "a");
  EXPECT_EQ(take_word(rest), "");
  EXPECT_EQ(take_word(rest), "\r\n$1");
  EXPECT_EQ(take_word(rest), long_word);
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace rqpp::redis
