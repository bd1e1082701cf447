#include "size.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <limits>
#include <string>
#include <system_error>

#include "codec/repr.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

[[noreturn]] void refuse_size(std::string_view text) {
  throw InvalidArgument(fmt::format(
      "{} is no size: use bytes, or a number with a unit, 64K, 256M or 2G", codec::quoted(text)));
}

/// 0 for what is no unit.
std::int64_t bytes_in(std::string_view unit) {
  std::string lower;
  for (const char c : unit) {
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (lower.empty() || lower == "b") return 1;
  constexpr std::string_view kLetters = "kmgt";
  const std::size_t power = kLetters.find(lower.front());
  const std::string_view rest = std::string_view(lower).substr(1);
  if (power == std::string_view::npos || !(rest.empty() || rest == "b" || rest == "ib")) return 0;
  return std::int64_t{1024} << (10 * power);
}

}  // namespace

std::int64_t parse_size(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::int64_t unit = bytes_in({end, text.data() + text.size()});
  if (error != std::errc{} || number < 0 || unit == 0) refuse_size(text);
  if (number > std::numeric_limits<std::int64_t>::max() / unit) refuse_size(text);
  return number * unit;
}

}  // namespace rqpp::cli
