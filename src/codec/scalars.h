#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace rqpp::codec {

// Fields of Redis hashes. Each throws DecodeError that names the field, what it should be and what
// it is: `field 'timeout': expected whole seconds, got '1.5'`.

/// A decimal integer with an optional leading `-`; `expected` goes into the error.
std::int64_t parse_int(std::string_view field, std::string_view text,
                       std::string_view expected = "a whole number");

/// Whole seconds; may be negative, as -1 stands for "no limit".
std::chrono::seconds parse_seconds(std::string_view field, std::string_view text);

/// A decimal fraction, `1795415460.97088`; neither infinite nor NaN.
double parse_double(std::string_view field, std::string_view text);

/// `0` or `1`.
bool parse_bool(std::string_view field, std::string_view text);

}  // namespace rqpp::codec
