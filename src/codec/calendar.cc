#include "codec/calendar.h"

#include <chrono>

#include <fmt/format.h>

#include <rqpp/error.h>

namespace rqpp {
namespace codec {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;

void check_range(const char* part, std::int64_t value, std::int64_t lowest, std::int64_t highest) {
  if (value >= lowest && value <= highest) return;
  throw InvalidArgument(fmt::format("{} is {}; it must be {} to {}", part, value, lowest, highest));
}

std::chrono::year_month_day calendar_day(const Date& date) {
  return {std::chrono::year(date.year), std::chrono::month(static_cast<unsigned>(date.month)),
          std::chrono::day(static_cast<unsigned>(date.day))};
}

}  // namespace

void check(const Date& date) {
  check_range("year", date.year, 1, 9999);
  check_range("month", date.month, 1, 12);
  check_range("day", date.day, 1, 31);
  if (!calendar_day(date).ok()) {
    throw InvalidArgument(
        fmt::format("there is no {:04}-{:02}-{:02}", date.year, date.month, date.day));
  }
}

void check(const TimeOfDay& time) {
  check_range("hour", time.hour, 0, 23);
  check_range("minute", time.minute, 0, 59);
  check_range("second", time.second, 0, 59);
  check_range("microsecond", time.microsecond, 0, 999'999);
  check_range("fold", time.fold, 0, 1);
  if (time.zone) check(*time.zone);
}

void check(const TimeDelta& duration) {
  check_range("days of a timedelta", duration.days, -999'999'999, 999'999'999);
  check_range("seconds of a timedelta", duration.seconds, 0, kDaySeconds - 1);
  check_range("microseconds of a timedelta", duration.microseconds, 0, 999'999);
}

void check(const TimeZone& zone) {
  check(zone.offset);
  const bool below_a_day =
      zone.offset.days == 0 ||
      (zone.offset.days == -1 && (zone.offset.seconds > 0 || zone.offset.microseconds > 0));
  if (!below_a_day) throw InvalidArgument("the offset of a time zone must be less than a day");
}

DateTime utc_parts(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  // year() wraps beyond its 16 bits, so the range is checked on the days.
  constexpr std::chrono::sys_days kFirst = std::chrono::year(1) / 1 / 1;
  constexpr std::chrono::sys_days kLast = std::chrono::year(9999) / 12 / 31;
  if (day < kFirst || day > kLast) {
    throw InvalidArgument(fmt::format("a time {} µs after 1970 is outside the years 1 to 9999",
                                      time.time_since_epoch().count()));
  }
  const std::chrono::hh_mm_ss clock(time - day);
  DateTime parts;
  parts.date = {static_cast<int>(date.year()), static_cast<int>(unsigned{date.month()}),
                static_cast<int>(unsigned{date.day()})};
  parts.time.hour = static_cast<int>(clock.hours().count());
  parts.time.minute = static_cast<int>(clock.minutes().count());
  parts.time.second = static_cast<int>(clock.seconds().count());
  parts.time.microsecond = static_cast<int>(clock.subseconds().count());
  return parts;
}

Time to_moment(const DateTime& parts) {
  Time time = std::chrono::sys_days(calendar_day(parts.date)) +
              std::chrono::hours(parts.time.hour) + std::chrono::minutes(parts.time.minute) +
              std::chrono::seconds(parts.time.second) +
              std::chrono::microseconds(parts.time.microsecond);
  if (parts.time.zone) time -= parts.time.zone->offset.to_duration();
  return time;
}

}  // namespace codec

TimeDelta TimeDelta::from(std::chrono::microseconds duration) {
  constexpr std::int64_t kDay = codec::kDaySeconds * 1'000'000;
  // By hand: the whole days of the lowest duration are beyond what it could hold itself.
  std::int64_t days = duration.count() / kDay;
  std::int64_t rest = duration.count() % kDay;
  if (rest < 0) {
    days -= 1;
    rest += kDay;
  }
  return {days, static_cast<std::int32_t>(rest / 1'000'000),
          static_cast<std::int32_t>(rest % 1'000'000)};
}

std::chrono::microseconds TimeDelta::to_duration() const {
  // Counted from the day's end when negative, so that the shortest duration fits too.
  const bool negative = days < 0;
  const std::int64_t rest = seconds * std::int64_t{1'000'000} + microseconds -
                            (negative ? codec::kDaySeconds * 1'000'000 : 0);
  std::int64_t total = 0;
  if (__builtin_mul_overflow(days + (negative ? 1 : 0), codec::kDaySeconds * 1'000'000, &total) ||
      __builtin_add_overflow(total, rest, &total)) {
    throw DecodeError(fmt::format("a timedelta of {} days is too long", days));
  }
  return std::chrono::microseconds(total);
}

DateTime DateTime::from(Time time) {
  DateTime parts = codec::utc_parts(time);
  parts.time.zone = TimeZone{};
  return parts;
}

Time DateTime::to_time() const {
  try {
    codec::check(date);
    codec::check(time);
  } catch (const InvalidArgument& error) {
    throw DecodeError(error.what());
  }
  return codec::to_moment(*this);
}

std::string Uuid::to_string() const {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    fmt::format_to(std::back_inserter(text), "{:02x}", bytes[i]);
  }
  return text;
}

}  // namespace rqpp
