#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rqpp::base {

/// Whether lone surrogates, U+D800 to U+DFFF, count as characters: Python's str can hold them, and
/// pickles carry them (`surrogatepass`).
enum class Surrogates : std::uint8_t { pass, refuse };

/// A character and its bytes; length 0 if no valid character starts here.
struct Utf8Char {
  char32_t code = 0;
  std::size_t length = 0;
};

/// The character at the start of a text that is not empty.
Utf8Char first_char(std::string_view text, Surrogates surrogates = Surrogates::pass);

/// The offset of the first byte that is not valid UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text, Surrogates surrogates = Surrogates::pass);

void append_utf8(std::string& out, char32_t code);

/// Whether Python's repr() shows the character as it is (`str.isprintable`).
bool is_printable(char32_t code);

}  // namespace rqpp::base
