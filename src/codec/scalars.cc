#include "codec/scalars.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include <rqpp/error.h>

#include "codec/number_text.h"
#include "codec/repr.h"

namespace rqpp::codec {
namespace {

[[noreturn]] void throw_expected(std::string_view field, std::string_view expected,
                                 std::string_view text) {
  throw DecodeError(
      fmt::format("field '{}': expected {}, got {}", field, expected, codec::quoted(text)));
}

}  // namespace

std::int64_t parse_int(std::string_view field, std::string_view text, std::string_view expected) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw_expected(field, expected, text);
  }
  return number;
}

std::chrono::seconds parse_seconds(std::string_view field, std::string_view text) {
  return std::chrono::seconds(parse_int(field, text, "whole seconds"));
}

double parse_double(std::string_view field, std::string_view text) {
  const auto number = parse_number(text);
  if (!number || !std::isfinite(*number)) throw_expected(field, "a decimal number", text);
  return *number;
}

bool parse_bool(std::string_view field, std::string_view text) {
  if (text != "0" && text != "1") throw_expected(field, "0 or 1", text);
  return text == "1";
}

}  // namespace rqpp::codec
