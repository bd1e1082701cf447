#include "protocol/retry.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>
#include <rqpp/retry_later.h>

namespace rqpp::protocol {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Action>
std::string refusal_of(const Action& action) {
  try {
    action();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no refusal";
}

std::string refusal_of(const Retry& retry) {
  return refusal_of([&retry] { detail::check_retry(retry); });
}
std::string refusal_of(const Backoff& backoff) {
  return refusal_of([&backoff] { exponential_backoff(backoff, 1, 0); });
}

TEST(RetryWait, GoesForwardsAndRepeatsTheFirst) {
  const std::vector<std::int64_t> waits{10, 60};

  EXPECT_EQ(retry_wait(waits, 3), 10s);
  EXPECT_EQ(retry_wait(waits, 2), 10s);
  EXPECT_EQ(retry_wait(waits, 1), 60s);
  EXPECT_EQ(retry_wait({}, 1), 0s);
}

TEST(AskedWait, GoesForwardsAndRepeatsTheLast) {
  const std::vector<std::int64_t> waits{10, 60};

  EXPECT_EQ(asked_wait(waits, 0), 10s);
  EXPECT_EQ(asked_wait(waits, 1), 60s);
  EXPECT_EQ(asked_wait(waits, 2), 60s);
  EXPECT_EQ(asked_wait({}, 0), 0s);
}

TEST(RepeatWait, TakesTheFirstAndKeepsTheLast) {
  std::vector<std::int64_t> waits{10, 60};

  EXPECT_EQ(repeat_wait(waits), 10s);
  waits = later_intervals(waits);
  EXPECT_EQ(repeat_wait(waits), 60s);
  waits = later_intervals(waits);
  EXPECT_EQ(repeat_wait(waits), 60s);
  EXPECT_EQ(repeat_wait({}), 0s);
  EXPECT_EQ(later_intervals({}), std::vector<std::int64_t>{});
}

TEST(Waits, KeepAbsurdIntervalsWithinTheRangeOfTimes) {
  const std::vector<std::int64_t> waits{-5, INT64_MAX};

  EXPECT_EQ(retry_wait(waits, INT64_MAX), 0s);
  EXPECT_EQ(retry_wait(waits, 1), 10'000'000'000s);
  EXPECT_EQ(repeat_wait(waits), 0s);
  EXPECT_EQ(repeat_wait(later_intervals(waits)), 10'000'000'000s);
}

TEST(Retry, SaysHowLongItWaits) {
  const Retry retry{.max = 3, .intervals = {10s, 60s}};

  EXPECT_EQ(retry.next_wait(3), 10s);
  EXPECT_EQ(retry.next_wait(1), 60s);
  EXPECT_EQ(Retry{}.next_wait(1), 0s);
  EXPECT_EQ((Retry{.max = 3, .backoff = Backoff{.first = 5s, .jitter = 1}}.next_wait(1)), 20s);
  EXPECT_EQ(refusal_of([&retry] { (void)retry.next_wait(4); }),
            "retries_left is 4: there are 1 to 3");
  EXPECT_EQ(refusal_of([&retry] { (void)retry.next_wait(0); }),
            "retries_left is 0: there are 1 to 3");
}

TEST(Retry, RefusesWhatMakesNoSense) {
  EXPECT_EQ(refusal_of(Retry{.max = 0}), "retry.max is 0: use 1 or more, or no retry");
  EXPECT_EQ(refusal_of(Retry{.max = -1}), "retry.max is -1: use 1 or more, or no retry");
  EXPECT_EQ(refusal_of(Retry{.intervals = {5s, -1s}}),
            "retry.intervals: -1 s is no wait; use 0 to 10000000000 s");
  EXPECT_THAT(refusal_of(Retry{.intervals = {seconds::max()}}), HasSubstr("is no wait"));
  EXPECT_EQ(refusal_of(Retry{.intervals = std::vector(1'001, 1s)}),
            "retry.intervals are 1001: use 1000 at most");
  EXPECT_EQ(refusal_of(Retry{.max = 1'001, .backoff = Backoff{}}),
            "retry.max is 1001: with a backoff use 1000 at most");
  EXPECT_EQ(refusal_of(Retry{.intervals = {1s}, .backoff = Backoff{}}),
            "a retry has intervals and a backoff: use one of them");
}

TEST(Repeat, SaysHowLongItWaits) {
  const Repeat repeat{.times = 4, .intervals = {60s, 10s}};

  EXPECT_EQ(repeat.next_wait(4), 60s);
  EXPECT_EQ(repeat.next_wait(3), 10s);
  EXPECT_EQ(repeat.next_wait(1), 10s);
  EXPECT_EQ(refusal_of([&repeat] { (void)repeat.next_wait(5); }),
            "repeats_left is 5: there are 1 to 4");
}

TEST(ExponentialBackoff, GrowsUpToTheLongest) {
  EXPECT_THAT(exponential_backoff({.first = 10s, .factor = 3, .longest = 100s}, 5, 1),
              ElementsAre(10s, 30s, 90s, 100s, 100s));
  EXPECT_THAT(exponential_backoff({.factor = 1.5}, 4, 1), ElementsAre(1s, 2s, 3s, 4s));
  EXPECT_THAT(exponential_backoff({}, 0, 1), ElementsAre());
}

TEST(ExponentialBackoff, StaysWithinItsJitter) {
  const Backoff backoff{.first = 1'000s, .factor = 1, .longest = 1'000s, .jitter = 0.25};

  const std::vector<seconds> waits = exponential_backoff(backoff, 1'000, 7);

  const auto [least, most] = std::minmax_element(waits.begin(), waits.end());
  EXPECT_GE(*least, 750s);
  EXPECT_LT(*least, 760s);
  EXPECT_LE(*most, 1'000s);
  EXPECT_GT(*most, 990s);
  EXPECT_EQ(exponential_backoff(backoff, 1'000, 7), waits);
  EXPECT_NE(exponential_backoff(backoff, 1'000, 8), waits);
}

TEST(ExponentialBackoff, NeverWaitsLessThanASecond) {
  const std::vector<seconds> waits = exponential_backoff({.factor = 1, .jitter = 1}, 1'000, 3);

  EXPECT_EQ(*std::min_element(waits.begin(), waits.end()), 1s);
}

TEST(ExponentialBackoff, RefusesWhatMakesNoSense) {
  EXPECT_THAT(refusal_of(Backoff{.first = 0s}), HasSubstr("a backoff from 0 s to 3600 s: use 1 s"));
  EXPECT_THAT(refusal_of(Backoff{.first = 2h}), HasSubstr("as much or more for the longest"));
  EXPECT_THAT(refusal_of(Backoff{.longest = seconds::max()}), HasSubstr("10000000000 s at most"));
  EXPECT_THAT(refusal_of(Backoff{.factor = 0.5}), HasSubstr("the factor of a backoff is 0.5"));
  EXPECT_THAT(refusal_of(Backoff{.factor = NAN}), HasSubstr("the factor of a backoff is nan"));
  EXPECT_THAT(refusal_of(Backoff{.factor = HUGE_VAL}), HasSubstr("the factor of a backoff is inf"));
  EXPECT_EQ(refusal_of(Backoff{.jitter = 1.5}), "the jitter of a backoff is 1.5: use 0 to 1");
  EXPECT_THAT(refusal_of(Backoff{.jitter = NAN}), HasSubstr("use 0 to 1"));
  EXPECT_EQ(refusal_of([] { exponential_backoff({}, -1, 0); }),
            "a backoff of -1 waits: use 0 to 1000");
}

TEST(RetryLater, RefusesWhatMakesNoSense) {
  EXPECT_THAT(refusal_of([] { RetryLater(Retry{.max = 0}); }), HasSubstr("retry.max is 0"));
  EXPECT_EQ(refusal_of([] { Snooze(-1s); }), "Snooze: -1 s is no wait; use 0 to 10000000000 s");
}

TEST(IntervalsOf, DifferFromJobToJobByTheirJitter) {
  const Retry retry{.max = 10, .backoff = Backoff{.first = 100s, .jitter = 0.5}};

  const auto one = intervals_of(retry, "9d1f6c4e-4c39-4b0f-9a51-6f2f6f8f0c11");
  const auto other = intervals_of(retry, "9d1f6c4e-4c39-4b0f-9a51-6f2f6f8f0c12");

  EXPECT_EQ(one.size(), 10U);
  EXPECT_NE(one, other);
  EXPECT_EQ(intervals_of(retry, "9d1f6c4e-4c39-4b0f-9a51-6f2f6f8f0c11"), one);
}

}  // namespace
}  // namespace rqpp::protocol
