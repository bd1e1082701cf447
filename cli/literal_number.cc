#include "literal_number.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>

#include "codec/integer_text.h"
#include "codec/number_text.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int digit_of(char c) {
  if (is_digit(c)) return c - '0';
  const int letter = (c | 0x20) - 'a';
  return letter >= 0 && letter < 6 ? letter + 10 : 16;
}

// Digits with single underscores between them; `lead` if one may stand in front, as in 0x_ff.
std::string take_digits(LiteralCursor& cursor, int base, bool lead) {
  std::string digits;
  while (true) {
    const bool underscore = cursor.peek() == '_' && (lead || !digits.empty());
    if (digit_of(cursor.peek(underscore ? 1 : 0)) >= base) return digits;
    if (underscore) cursor.advance();
    digits += cursor.peek();
    cursor.advance();
  }
}

// 4 bits per digit of base 16, 3 of base 8, 1 of base 2.
Value take_power_of_two(LiteralCursor& cursor, int bits) {
  cursor.advance(2);
  const std::string digits = take_digits(cursor, 1 << bits, true);
  if (digits.empty()) cursor.fail("expected a digit");
  if (digits.size() > Value::kMaxIntegerDigits) cursor.fail("an integer has too many digits");
  std::string bytes(digits.size() * static_cast<std::size_t>(bits) / 8 + 2, '\0');
  std::size_t place = 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    for (int bit = 0; bit < bits; ++bit, ++place) {
      if ((digit_of(*digit) >> bit & 1) == 0) continue;
      bytes[place / 8] =
          static_cast<char>(static_cast<unsigned char>(bytes[place / 8]) | (1U << (place % 8)));
    }
  }
  return BigInteger{codec::from_twos_complement(bytes)};
}

Value decimal_integer(const LiteralCursor& cursor, const std::string& digits) {
  const bool zero = digits.find_first_not_of('0') == std::string::npos;
  if (!zero && digits.front() == '0') {
    cursor.fail("an integer must not begin with 0; an octal one begins with 0o");
  }
  if (digits.size() > Value::kMaxIntegerDigits) cursor.fail("an integer has too many digits");
  return BigInteger{codec::normal_integer(digits)};
}

// `e-07` behind a number, or nothing.
std::string take_exponent(LiteralCursor& cursor) {
  if (cursor.peek() != 'e' && cursor.peek() != 'E') return {};
  const bool sign = cursor.peek(1) == '-' || cursor.peek(1) == '+';
  if (!is_digit(cursor.peek(sign ? 2 : 1))) return {};
  std::string text = "e";
  if (sign) text += cursor.peek(1);
  cursor.advance(sign ? 2 : 1);
  return text + take_digits(cursor, 10, false);
}

Value take_decimal(LiteralCursor& cursor) {
  const std::string whole = take_digits(cursor, 10, false);
  std::string text = whole;
  if (cursor.take(".")) text += "." + take_digits(cursor, 10, false);
  text += take_exponent(cursor);
  if (text == whole) return decimal_integer(cursor, whole);
  // Python writes 1. and .5 too; JSON and parse_number want digits on both sides.
  if (text.front() == '.') text.insert(0, 1, '0');
  const std::size_t point = text.find('.');
  if (point != std::string::npos && (point + 1 == text.size() || !is_digit(text[point + 1]))) {
    text.insert(point + 1, 1, '0');
  }
  const auto number = codec::parse_number(text);
  if (!number) cursor.fail("a malformed number");
  return *number;
}

}  // namespace

bool at_literal_number(const LiteralCursor& cursor) {
  return is_digit(cursor.peek()) || (cursor.peek() == '.' && is_digit(cursor.peek(1)));
}

Value take_literal_number(LiteralCursor& cursor) {
  const auto take = [&cursor]() -> Value {
    const char kind = static_cast<char>(cursor.peek(1) | 0x20);
    if (cursor.peek() == '0' && kind == 'x') return take_power_of_two(cursor, 4);
    if (cursor.peek() == '0' && kind == 'o') return take_power_of_two(cursor, 3);
    if (cursor.peek() == '0' && kind == 'b') return take_power_of_two(cursor, 1);
    return take_decimal(cursor);
  };
  Value number = take();
  const char next = cursor.peek();
  const bool letter = next == '_' || ((next | 0x20) >= 'a' && (next | 0x20) <= 'z');
  if (letter || is_digit(next)) cursor.fail("a malformed number");
  return number;
}

Value negated(const Value& number) {
  if (number.kind() == Value::Kind::real) return -number.as_double();
  const std::string text = number.repr();
  return BigInteger{text.front() == '-' ? text.substr(1) : codec::normal_integer("-" + text)};
}

}  // namespace rqpp::cli
