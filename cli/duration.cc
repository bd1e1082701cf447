#include "duration.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>

#include "codec/repr.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

std::int64_t seconds_in(char unit) {
  switch (unit) {
    case 's':
    case 'S':
      return 1;
    case 'm':
    case 'M':
      return 60;
    case 'h':
    case 'H':
      return 3'600;
    case 'd':
    case 'D':
      return 86'400;
    default:
      return 0;
  }
}

[[noreturn]] void refuse_duration(std::string_view text) {
  throw InvalidArgument(
      fmt::format("{} is no duration: use seconds, or a number with a unit, 90s, 5m, 2h or 1d",
                  codec::quoted(text)));
}

}  // namespace

std::chrono::seconds parse_duration(std::string_view text) {
  const std::int64_t scale = text.empty() ? 0 : seconds_in(text.back());
  const std::string_view digits = scale == 0 ? text : text.substr(0, text.size() - 1);
  const std::int64_t unit = scale == 0 ? 1 : scale;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
    refuse_duration(text);
  // Redis' clocks count milliseconds in 64 bits.
  const std::int64_t most = std::numeric_limits<std::int64_t>::max() / 1'000'000 / unit;
  if (number > most || number < -most) refuse_duration(text);
  return std::chrono::seconds{number * unit};
}

}  // namespace rqpp::cli
