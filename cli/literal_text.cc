#include "literal_text.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/utf8.h"

namespace rqpp::cli {
namespace {

struct Prefix {
  std::size_t length = 0;
  bool bytes = false;
  bool raw = false;
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// `r`, `b`, `rb`, `br` or `u` in any case, with a quote behind it.
std::optional<Prefix> prefix_at(const LiteralCursor& cursor) {
  Prefix prefix;
  bool unicode = false;
  for (; prefix.length < 3; ++prefix.length) {
    const char next = lower(cursor.peek(prefix.length));
    if (next == '\'' || next == '"') return prefix;
    if (next == 'r' && !prefix.raw && !unicode) {
      prefix.raw = true;
    } else if (next == 'b' && !prefix.bytes && !unicode) {
      prefix.bytes = true;
    } else if (next == 'u' && prefix.length == 0) {
      unicode = true;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : 16;
}

/// One string between quotes.
class TextReader {
 public:
  TextReader(LiteralCursor& cursor, Prefix prefix) : cursor_(cursor), prefix_(prefix) {}

  void append_to(std::string& out) {
    cursor_.advance(prefix_.length);
    const char quote = cursor_.peek();
    const std::string three(3, quote);
    const bool is_long = cursor_.starts_with(three);
    const std::string end = is_long ? three : std::string(1, quote);
    cursor_.take(end);
    while (!cursor_.take(end)) {
      if (cursor_.at_end() || (!is_long && cursor_.peek() == '\n')) {
        cursor_.fail("a string does not end");
      }
      append_next(out);
    }
  }

 private:
  void append_next(std::string& out) {
    if (cursor_.peek() == '\\' && cursor_.rest().size() > 1) {
      if (prefix_.raw) {
        append_raw(out);
      } else {
        append_escape(out);
      }
      return;
    }
    const base::Utf8Char next = base::first_char(cursor_.rest(), base::Surrogates::refuse);
    if (next.length == 0) cursor_.fail("a byte that is not UTF-8");
    if (prefix_.bytes && next.code > 0x7F) cursor_.fail("bytes take ASCII only; use \\x");
    out += cursor_.rest().substr(0, next.length);
    cursor_.advance(next.length);
  }

  // In a raw string a backslash keeps the quote behind it from ending the string, and both stay.
  void append_raw(std::string& out) {
    out += '\\';
    cursor_.advance();
    append_plain(out);
  }

  // The character behind a backslash.
  void append_plain(std::string& out) {
    if (cursor_.peek() != '\\') return append_next(out);
    out += '\\';
    cursor_.advance();
  }

  void append_escape(std::string& out) {
    constexpr std::string_view kLetters = "abfnrtv\\'\"";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
    cursor_.advance();
    const char kind = cursor_.peek();
    const std::size_t simple = kLetters.find(kind);
    if (simple != std::string_view::npos) {
      out += kMeanings[simple];
      cursor_.advance();
    } else if (kind == '\n') {
      cursor_.advance();  // a line that goes on
    } else if (kind >= '0' && kind <= '7') {
      append_code(out, take_octal());
    } else if (kind == 'x') {
      append_code(out, take_hex(2));
    } else if (!prefix_.bytes && (kind == 'u' || kind == 'U')) {
      append_code(out, take_hex(kind == 'u' ? 4 : 8));
    } else if (!prefix_.bytes && kind == 'N') {
      cursor_.fail("\\N{name} is not supported; use \\u");
    } else {
      out += '\\';  // Python keeps the backslash of an escape that it does not know.
      append_plain(out);
    }
  }

  void append_code(std::string& out, std::uint32_t code) {
    if (prefix_.bytes) {
      out += static_cast<char>(code & 0xFF);
    } else if (code > 0x10FFFF) {
      cursor_.fail("there is no such character");
    } else {
      base::append_utf8(out, code);
    }
  }

  std::uint32_t take_octal() {
    std::uint32_t code = 0;
    for (int i = 0; i < 3 && digit_value(cursor_.peek()) < 8; ++i) {
      code = code * 8 + static_cast<std::uint32_t>(digit_value(cursor_.peek()));
      cursor_.advance();
    }
    return code;
  }

  std::uint32_t take_hex(int digits) {
    cursor_.advance();
    std::uint32_t code = 0;
    for (int i = 0; i < digits; ++i) {
      const int digit = digit_value(cursor_.peek());
      if (digit == 16) cursor_.fail(fmt::format("expected {} hexadecimal digits", digits));
      code = code * 16 + static_cast<std::uint32_t>(digit);
      cursor_.advance();
    }
    return code;
  }

  LiteralCursor& cursor_;
  Prefix prefix_;
};

}  // namespace

bool at_literal_text(const LiteralCursor& cursor) { return prefix_at(cursor).has_value(); }

Value take_literal_text(LiteralCursor& cursor) {
  const bool bytes = prefix_at(cursor).value_or(Prefix{}).bytes;
  std::string text;
  while (const auto prefix = prefix_at(cursor)) {
    if (prefix->bytes != bytes) cursor.fail("cannot join a string and bytes");
    TextReader(cursor, *prefix).append_to(text);
    cursor.skip_blanks();
  }
  if (bytes) return Bytes{std::move(text)};
  return text;
}

}  // namespace rqpp::cli
