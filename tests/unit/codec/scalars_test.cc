#include "codec/scalars.h"

#include <gtest/gtest.h>

#include <limits>

#include <rqpp/error.h>

namespace rqpp::codec {
namespace {

using namespace std::chrono_literals;

template <class Parse>
std::string refusal_of_scalar(Parse parse) {
  try {
    parse();
    return "was read";
  } catch (const DecodeError& error) {
    return error.what();
  }
}

TEST(ParseInt, ReadsAllOf64Bits) {
  EXPECT_EQ(parse_int("n", "0"), 0);
  EXPECT_EQ(parse_int("n", "-1"), -1);
  EXPECT_EQ(parse_int("n", "9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_int("n", "-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
}

TEST(ParseInt, RefusesEverythingElse) {
  for (const auto* text :
       {"", "1.5", "3m", "True", " 1", "1 ", "+1", "0x1", "1_000", "--1", "9223372036854775808"}) {
    EXPECT_THROW(parse_int("n", text), DecodeError) << text;
  }
}

TEST(Scalars, NameTheFieldAndTheValue) {
  EXPECT_EQ(refusal_of_scalar([] { parse_seconds("timeout", "1.5"); }),
            "field 'timeout': expected whole seconds, got '1.5'");
  EXPECT_EQ(refusal_of_scalar([] { parse_int("retries_left", ""); }),
            "field 'retries_left': expected a whole number, got ''");
  EXPECT_EQ(refusal_of_scalar([] { parse_bool("enqueue_at_front", "True"); }),
            "field 'enqueue_at_front': expected 0 or 1, got 'True'");
  EXPECT_EQ(refusal_of_scalar([] { parse_double("total_working_time", "inf"); }),
            "field 'total_working_time': expected a decimal number, got 'inf'");
}

TEST(Scalars, ReadWhatRedisHolds) {
  EXPECT_EQ(parse_seconds("timeout", "-1"), -1s);
  EXPECT_TRUE(parse_bool("b", "1"));
  EXPECT_FALSE(parse_bool("b", "0"));
  EXPECT_EQ(parse_double("d", "0.25"), 0.25);
}

}  // namespace
}  // namespace rqpp::codec
