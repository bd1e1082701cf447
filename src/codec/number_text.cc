#include "codec/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include <rqpp/error.h>

namespace rqpp::codec {
namespace {

/// Takes the digits at the front off the text.
std::string_view take_digits(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

struct Parts {
  bool negative = false;
  std::string_view whole{};
  std::string_view fraction{};
  std::string_view exponent{};  // With its sign; empty if there is none.
};

std::optional<Parts> split(std::string_view text) {
  Parts parts;
  parts.negative = take(text, "-");
  parts.whole = take_digits(text);
  if (take(text, ".")) parts.fraction = take_digits(text);
  if (parts.whole.empty() && parts.fraction.empty()) return std::nullopt;
  if (take(text, "e") || take(text, "E")) {
    const std::string_view rest = text;
    if (!take(text, "-")) take(text, "+");
    if (take_digits(text).empty()) return std::nullopt;
    parts.exponent = rest.substr(0, rest.size() - text.size());
  }
  if (!text.empty()) return std::nullopt;
  return parts;
}

/// For a number that no double can hold: is it too large, rather than too small?
bool is_huge(const Parts& parts) {
  const auto whole = parts.whole.find_first_not_of('0');
  const auto fraction = parts.fraction.find_first_not_of('0');
  std::int64_t magnitude = 0;
  if (whole != std::string_view::npos) {
    magnitude = static_cast<std::int64_t>(parts.whole.size() - whole);
  } else if (fraction != std::string_view::npos) {
    magnitude = -static_cast<std::int64_t>(fraction);
  } else {
    return false;
  }
  std::string_view digits = parts.exponent;
  const bool negative = take(digits, "-");
  take(digits, "+");
  std::int32_t exponent = 0;  // Beyond 32 bits no text is long enough to make up for it.
  const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec;
  if (error == std::errc::result_out_of_range) return !negative;
  return magnitude + (negative ? -exponent : exponent) > 0;
}

}  // namespace

std::string float_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  std::array<char, 64> buffer{};
  char* const begin = buffer.data();
  char* const limit = begin + buffer.size();
  const double magnitude = std::abs(number);
  if (magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    const auto end = std::to_chars(begin, limit, number, std::chars_format::scientific).ptr;
    return {begin, end};  // C++ prints two digits of exponent at least, as Python does.
  }
  std::string text(begin, std::to_chars(begin, limit, number, std::chars_format::fixed).ptr);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::optional<double> parse_number(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  double number = 0;
  const auto error = std::from_chars(text.data(), text.data() + text.size(), number).ec;
  if (error == std::errc{}) return number;
  const double magnitude = is_huge(*parts) ? std::numeric_limits<double>::infinity() : 0.0;
  return parts->negative ? -magnitude : magnitude;
}

void check_decimal(std::string_view text) {
  std::string_view rest = text;
  take(rest, "-");
  bool valid = rest == "Infinity";
  if (take(rest, "NaN") || take(rest, "sNaN")) {
    take_digits(rest);
    valid = rest.empty();
  } else if (!valid && !rest.starts_with('-')) {
    valid = split(rest).has_value();
  }
  if (!valid) throw InvalidArgument(fmt::format("not a Decimal: '{}'", text.substr(0, 75)));
}

}  // namespace rqpp::codec
