#include "codec/calendar.h"

#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::codec {
namespace {

using namespace std::chrono_literals;

TEST(TimeDelta, IsNormalisedAsInPython) {
  EXPECT_EQ(TimeDelta::from(-1us), (TimeDelta{-1, 86399, 999'999}));
  EXPECT_EQ(TimeDelta::from(25h + 3us), (TimeDelta{1, 3600, 3}));
  EXPECT_EQ(TimeDelta::from(0us), TimeDelta{});
}

TEST(TimeDelta, RoundTripsEveryDuration) {
  for (const auto duration : {std::chrono::microseconds::min(), std::chrono::microseconds(-1),
                              std::chrono::microseconds(0), std::chrono::microseconds::max()}) {
    EXPECT_EQ(TimeDelta::from(duration).to_duration(), duration);
  }
}

TEST(TimeDelta, MayBeTooLongForADuration) {
  EXPECT_THROW((void)(TimeDelta{999'999'999, 0, 0}).to_duration(), DecodeError);
  EXPECT_THROW((void)(TimeDelta{-999'999'999, 0, 0}).to_duration(), DecodeError);
}

TEST(DateTime, OfATimeIsInUtc) {
  const DateTime parts = DateTime::from(Time(1767323045678901us));

  EXPECT_EQ(Value(parts).repr(),
            "datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone.utc)");
  EXPECT_EQ(parts.to_time(), Time(1767323045678901us));
}

TEST(DateTime, WorksBefore1970) {
  const DateTime parts = DateTime::from(Time(-1us));

  EXPECT_EQ(parts.date, (Date{1969, 12, 31}));
  EXPECT_EQ(parts.time.microsecond, 999'999);
  EXPECT_EQ(parts.to_time(), Time(-1us));
}

TEST(DateTime, TakesItsZoneIntoAccount) {
  DateTime parts{{2026, 1, 2}, {3, 0, 0, 0, 0, TimeZone{TimeDelta{0, 3600, 0}, ""}}};
  const Time moment = parts.to_time();

  parts.time.zone.reset();

  EXPECT_EQ(parts.to_time() - moment, 1h);
}

TEST(DateTime, RefusesTimesOutsidePythonsYears) {
  constexpr Time kEnd = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1);
  EXPECT_EQ(DateTime::from(kEnd - 1us).date, (Date{9999, 12, 31}));
  EXPECT_THROW(DateTime::from(kEnd), InvalidArgument);
  EXPECT_THROW(DateTime::from(Time::max()), InvalidArgument);
  EXPECT_THROW(DateTime::from(Time::min()), InvalidArgument);
}

TEST(DateTime, RefusesAnImpossibleDate) {
  EXPECT_THROW((void)(DateTime{{2026, 2, 29}, {}}).to_time(), DecodeError);
  EXPECT_THROW((void)(DateTime{{2026, 13, 1}, {}}).to_time(), DecodeError);
  EXPECT_THROW((void)(DateTime{{2026, 1, 1}, {.minute = 60}}).to_time(), DecodeError);
}

TEST(Uuid, PrintsWithDashes) {
  Uuid uuid;
  for (std::size_t i = 0; i < 16; ++i) uuid.bytes[i] = static_cast<std::uint8_t>(i * 17);
  EXPECT_EQ(uuid.to_string(), "00112233-4455-6677-8899-aabbccddeeff");
}

}  // namespace
}  // namespace rqpp::codec
