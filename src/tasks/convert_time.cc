#include <cmath>

#include <fmt/format.h>

#include <rqpp/convert.h>

namespace rqpp::detail {
namespace {

using std::chrono::microseconds;

// Years 1 to 9999, in microseconds since 1970.
constexpr long double kFirstMoment = -62'135'596'800'000'000.0L;
constexpr long double kLastMoment = 253'402'300'799'999'999.0L;
constexpr std::int64_t kMostSeconds = microseconds::max().count() / 1'000'000;

}  // namespace

microseconds read_duration(const Value& value) {
  constexpr std::string_view kExpected = "a timedelta or a number of seconds";
  switch (value.kind()) {
    case Value::Kind::timedelta:
      return value.get_if<TimeDelta>()->to_duration();
    case Value::Kind::integer: {
      const std::int64_t seconds = value.as_int();
      if (seconds < -kMostSeconds || seconds > kMostSeconds) refuse(kExpected, value);
      return std::chrono::seconds(seconds);
    }
    case Value::Kind::real: {
      const double seconds = value.as_double();
      // Also refuses NaN.
      if (!(std::abs(seconds) <= static_cast<double>(kMostSeconds - 1))) refuse(kExpected, value);
      return microseconds(std::llround(seconds * 1e6));
    }
    default:
      refuse(kExpected, value);
  }
}

Value write_duration(long double count_us) {
  constexpr auto kMost = static_cast<long double>(kMostSeconds) * 1e6L;
  if (!(std::abs(count_us) <= kMost)) {
    throw InvalidArgument(
        fmt::format("a duration of {} s is beyond the 292,000 years that can be sent",
                    static_cast<double>(count_us / 1e6L)));
  }
  return TimeDelta::from(microseconds(std::llround(count_us)));
}

Time read_time(const Value& value) {
  const auto* parts = value.get_if<DateTime>();
  if (parts == nullptr) refuse("a datetime", value);
  return parts->to_time();
}

Value write_time(long double count_us) {
  if (!(count_us >= kFirstMoment && count_us <= kLastMoment)) {
    throw InvalidArgument(
        fmt::format("the time point {} s after 1970 is outside of Python's years 1 to 9999",
                    static_cast<double>(count_us / 1e6L)));
  }
  return DateTime::from(Time(microseconds(static_cast<std::int64_t>(std::floor(count_us)))));
}

}  // namespace rqpp::detail
