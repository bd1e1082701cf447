#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rqpp::codec {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// As Python's repr(float): the shortest digits that read back, `1.0`, `1e+16`, `1e-07`, `inf`.
std::string float_text(double number);

/// Reads decimal digits with optional sign, fraction and exponent. What is too large becomes
/// infinite and what is too small 0, as in Python. nullopt if the text is anything else.
std::optional<double> parse_number(std::string_view text);

/// Throws InvalidArgument unless the text is what Python's str(Decimal) prints: `1.50`, `-1E+400`,
/// `NaN`, `Infinity`.
void check_decimal(std::string_view text);

}  // namespace rqpp::codec
