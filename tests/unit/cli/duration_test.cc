#include "cli/duration.h"

#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, TakesSecondsAndUnitsAsRq) {
  EXPECT_EQ(parse_duration("90"), 90s);
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("5m"), 300s);
  EXPECT_EQ(parse_duration("2H"), 7'200s);
  EXPECT_EQ(parse_duration("1d"), 86'400s);
  EXPECT_EQ(parse_duration("0"), 0s);
}

TEST(ParseDuration, TakesMinusOneForNoLimit) { EXPECT_EQ(parse_duration("-1"), -1s); }

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"", "s", "1.5", "5 m", "1w", "m5", "1h30m", " 5", "0x5",
                           "9223372036854775807", "99999999999999d"}) {
    EXPECT_THROW(parse_duration(text), InvalidArgument) << text;
  }
}

TEST(ParseDuration, SaysWhatItTakes) {
  try {
    parse_duration("soon");
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(),
                 "'soon' is no duration: use seconds, or a number with a unit, 90s, 5m, 2h or 1d");
  }
}

}  // namespace
}  // namespace rqpp::cli
