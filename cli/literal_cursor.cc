#include "literal_cursor.h"

#include <fmt/format.h>

#include <algorithm>

#include <rqpp/error.h>

namespace rqpp::cli {

void LiteralCursor::advance(std::size_t count) {
  offset_ = std::min(offset_ + count, text_.size());
}

bool LiteralCursor::take(std::string_view word) {
  if (!starts_with(word)) return false;
  advance(word.size());
  return true;
}

void LiteralCursor::skip_blanks() {
  constexpr std::string_view kBlanks = " \t\r\n\f";
  while (!at_end()) {
    if (peek() == '#') {
      advance(std::min(rest().find('\n'), rest().size()));
    } else if (peek() == '\\' && peek(1) == '\n') {
      advance(2);
    } else if (kBlanks.find(peek()) != std::string_view::npos) {
      advance();
    } else {
      return;
    }
  }
}

void LiteralCursor::fail(const std::string& why) const {
  throw DecodeError(fmt::format("{} at byte {}", why, offset_));
}

}  // namespace rqpp::cli
