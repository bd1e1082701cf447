#pragma once

#include <chrono>

#include <rqpp/detail/convert_plain.h>

// std::chrono durations are Python's timedelta, time points of the system clock an aware datetime.
namespace rqpp {

namespace detail {

/// Microseconds of a timedelta, or of an int or float that counts seconds.
std::chrono::microseconds read_duration(const Value& value);
/// Throws InvalidArgument if a timedelta's microseconds do not fit 64 bits.
Value write_duration(long double count_us);
Time read_time(const Value& value);
/// Throws InvalidArgument outside the years 1 to 9999, which are Python's.
Value write_time(long double count_us);

/// `exact` in the units of D; refuses what D cannot hold, as `what` with D's resolution.
template <class D>
D fit_duration(std::chrono::microseconds exact, const Value& value, std::string_view what) {
  using Rep = typename D::rep;
  if constexpr (std::is_floating_point_v<Rep>) {
    return std::chrono::duration_cast<D>(exact);
  } else {
    using Long = std::chrono::duration<long double, typename D::period>;
    const long double units = std::chrono::duration_cast<Long>(exact).count();
    // 2^digits is exact as a long double of any size, max() itself may not be.
    const long double end =
        2.0L * static_cast<long double>(1ULL << (std::numeric_limits<Rep>::digits - 1));
    if (units >= end || units < -end) refuse(std::string(what) + " within its type's range", value);
    const D fitted = std::chrono::duration_cast<D>(exact);
    if (std::chrono::duration_cast<std::chrono::microseconds>(fitted) != exact) {
      refuse(std::string(what) + " without a fraction of its unit", value);
    }
    return fitted;
  }
}

template <class D>
long double to_microseconds(D duration) {
  return std::chrono::duration<long double, std::micro>(duration).count();
}

}  // namespace detail

template <class Rep, class Period>
struct Convert<std::chrono::duration<Rep, Period>> {
  using Duration = std::chrono::duration<Rep, Period>;

  static Value to_value(const Duration& duration) {
    return detail::write_duration(detail::to_microseconds(duration));
  }
  static Duration from_value(const Value& value) {
    return detail::fit_duration<Duration>(detail::read_duration(value), value, "a timedelta");
  }
  static std::string type() { return "timedelta"; }
};

template <class Duration>
struct Convert<std::chrono::sys_time<Duration>> {
  using Point = std::chrono::sys_time<Duration>;

  static Value to_value(const Point& point) {
    return detail::write_time(detail::to_microseconds(point.time_since_epoch()));
  }
  static Point from_value(const Value& value) {
    const auto exact = detail::read_time(value).time_since_epoch();
    return Point(detail::fit_duration<Duration>(exact, value, "a datetime"));
  }
  static std::string type() { return "datetime"; }
};

}  // namespace rqpp
