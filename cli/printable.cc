#include "printable.h"

#include <fmt/format.h>

#include "codec/utf8.h"

namespace rqpp::cli {
namespace {

bool may_pass(char32_t code, Breaks breaks) {
  if (code == '\n' || code == '\t') return breaks == Breaks::keep;
  return codec::is_printable(code) || code == 0xA0 || code == 0x3000;
}

}  // namespace

std::string printable(std::string_view text, Breaks breaks) {
  std::string shown;
  while (!text.empty()) {
    const codec::Utf8Char next = codec::first_char(text, codec::Surrogates::refuse);
    if (next.length == 0) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    } else if (may_pass(next.code, breaks)) {
      shown += text.substr(0, next.length);
    } else if (next.code < 0x100) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned>(next.code));
    } else {
      shown += fmt::format("\\u{:04x}", static_cast<unsigned>(next.code));
    }
    text.remove_prefix(next.length == 0 ? 1 : next.length);
  }
  return shown;
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace rqpp::cli
