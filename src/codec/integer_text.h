#pragma once

#include <string>
#include <string_view>

namespace rqpp::codec {

// Integers of any size as decimal text: `-` and digits, no leading zeros. The conversions take
// quadratic time, which Value::kMaxIntegerDigits bounds.

/// Drops leading zeros and the sign of zero. Throws InvalidArgument if the text is no integer or
/// has more than Value::kMaxIntegerDigits digits.
std::string normal_integer(std::string_view text);

/// Negative, zero or positive.
int compare_integers(std::string_view a, std::string_view b);

/// The digits of a finite double without a fraction.
std::string integer_of(double whole);

/// The shortest little-endian two's complement, as pickle's LONG1 and LONG4 hold it.
std::string to_twos_complement(std::string_view integer);

/// Throws DecodeError if the number has more than Value::kMaxIntegerDigits digits.
std::string from_twos_complement(std::string_view bytes);

}  // namespace rqpp::codec
