#include "base/log_limiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rqpp::base {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;
using Verdict = LogLimiter::Verdict;

constexpr LogSite kHere{"worker.cc", 1};
constexpr LogSite kThere{"worker.cc", 2};

class LogLimits : public testing::Test {
 protected:
  Verdict say(const LogSite& site = kHere, const std::string& line = "x") {
    return limiter.admit(site, line, now);
  }
  void fill() {
    for (std::size_t i = 1; i < LogLimiter::kMostLines; ++i) ASSERT_EQ(say(), Verdict::write);
    ASSERT_EQ(say(), Verdict::write_last);
  }

  LogLimiter limiter{};
  LogLimiter::Moment now{1000s};
};

TEST_F(LogLimits, LeaveOutWhatOneCauseSaysTooOften) {
  fill();

  EXPECT_EQ(say(), Verdict::leave_out);
  EXPECT_EQ(say(kThere), Verdict::write);
}

TEST_F(LogLimits, CountWhatIsLeftOutUntilTheWindowIsOver) {
  fill();
  say(kHere, "job a is skipped");
  say(kHere, "job b is skipped");
  EXPECT_THAT(limiter.take_left_out(now), IsEmpty());

  now += LogLimiter::kWindow;
  const auto left_out = limiter.take_left_out(now);

  ASSERT_THAT(left_out, SizeIs(1));
  EXPECT_EQ(left_out[0].lines, 2);
  EXPECT_EQ(left_out[0].sample, "job a is skipped");
  EXPECT_THAT(limiter.take_left_out(now), IsEmpty());
}

TEST_F(LogLimits, BeginAgainWithANewWindow) {
  fill();
  now += LogLimiter::kWindow;

  fill();
  EXPECT_EQ(say(), Verdict::leave_out);
}

TEST_F(LogLimits, LoseNoCountOfAWindowThatNobodyAskedFor) {
  fill();
  say();
  now += LogLimiter::kWindow;

  EXPECT_EQ(say(), Verdict::leave_out);
  EXPECT_EQ(limiter.take_left_out(now).at(0).lines, 2);
  EXPECT_EQ(say(), Verdict::write);
}

TEST_F(LogLimits, KeepLittleOfALineThatIsLeftOut) {
  fill();
  say(kHere, std::string(1 << 20, 'x'));

  EXPECT_EQ(limiter.take_left_out(LogLimiter::Moment::max()).at(0).sample.size(),
            LogLimiter::kMostSampleBytes);
}

TEST(LogSite, IsTheCallers) {
  const auto site = [](LogSite here = LogSite::here()) { return here; };
  const LogSite one = site();
  const LogSite other = site();

  EXPECT_EQ(one.file, other.file);
  EXPECT_EQ(other.line, one.line + 1);
}

}  // namespace
}  // namespace rqpp::base
