#include "doctor/quantities.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace rqpp::doctor {
namespace {

/// Two digits below ten, else whole.
std::string short_number(double number) {
  const double tenths = std::round(number * 10) / 10;
  return tenths < 10 && tenths != std::floor(tenths) ? fmt::format("{:.1f}", tenths)
                                                     : fmt::format("{:.0f}", number);
}

}  // namespace

std::string count_text(std::int64_t count) {
  std::string digits = fmt::format("{}", count);
  const std::size_t first = count < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string counted(std::int64_t count, const char* what) {
  return fmt::format("{} {}{}", count_text(count), what, count == 1 ? "" : "s");
}

std::string rate_text(double per_second) {
  constexpr double kMost = 1e15;
  if (!(per_second < kMost && per_second > -kMost)) return fmt::format("{:g}", per_second);
  return per_second < 10 ? short_number(per_second)
                         : count_text(static_cast<std::int64_t>(std::llround(per_second)));
}

std::string share_text(double share) { return short_number(share * 100) + " %"; }

std::string usec_text(double usec) {
  if (usec < 1'000) return short_number(usec) + " µs";
  if (usec < 1'000'000) return short_number(usec / 1'000) + " ms";
  return short_number(usec / 1'000'000) + " s";
}

std::string bytes_text(double bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 1'000 && unit + 1 < kUnits.size()) {
    bytes /= 1'000;
    ++unit;
  }
  return fmt::format("{} {}", short_number(bytes), kUnits[unit]);
}

std::string age_text(std::int64_t seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  if (seconds < 2 * kMinute) return fmt::format("{} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{} min", seconds / kMinute);
  if (seconds < 2 * kDay) return fmt::format("{} h", seconds / kHour);
  return fmt::format("{} days", seconds / kDay);
}

}  // namespace rqpp::doctor
