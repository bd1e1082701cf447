#include "protocol/rate_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using namespace std::chrono_literals;

TEST(RateLimitText, ComesBackAsItWas) {
  const RateLimit limit{.key = "example.com (all pages)", .count = 10, .per = 60s};

  EXPECT_EQ(rate_limit_text(limit), "10 60 - example.com (all pages)");
  EXPECT_EQ(read_rate_limit(rate_limit_text(limit)), limit);
}

TEST(RateLimitText, OfNoLimitIsEmpty) {
  EXPECT_EQ(rate_limit_text({}), "");
  EXPECT_EQ(read_rate_limit(""), RateLimit{});
}

TEST(RateLimitText, MayNameTheTurnThatTheJobWasPromised) {
  EXPECT_EQ(read_rate_limit("1 5 1700000000 x"), (RateLimit{.key = "x", .count = 1, .per = 5s}));
}

void expect_refused(const RateLimit& limit, const char* why) {
  EXPECT_THAT([&] { rate_limit_text(limit); }, ThrowsMessage<InvalidArgument>(HasSubstr(why)));
}

TEST(RateLimitText, RefusesWhatIsNoLimit) {
  expect_refused({.key = "", .count = 2}, "rate_limit.key is ''");
  expect_refused({.key = "a\nb"}, "in one line");
  expect_refused({.key = std::string(201, 'k')}, "1 to 200 bytes");
  expect_refused({.key = "x", .count = 0}, "rate_limit.count is 0");
  expect_refused({.key = "x", .count = 10'001}, "use 1 to 10000");
  expect_refused({.key = "x", .per = 0s}, "rate_limit.per is 0 s");
  expect_refused({.key = "x", .per = std::chrono::hours(24 * 367)}, "use 1 to");
}

TEST(RateLimitText, RefusesWhatNobodyWrote) {
  for (const char* text : {"1", "1 2", "1 2 -", "1 2 x key", "0 2 - key", "1 -2 - key", "a 2 - key",
                           "99999999999999999999 1 - key", " ", "1 2  key"}) {
    EXPECT_THROW(read_rate_limit(text), DecodeError) << text;
  }
}

}  // namespace
}  // namespace rqpp::protocol
