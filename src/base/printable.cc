#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace rqpp::base {
namespace {

bool may_pass(char32_t code, Breaks breaks) {
  if (code == '\n' || code == '\t') return breaks == Breaks::keep;
  return is_printable(code) || code == 0xA0 || code == 0x3000;
}

}  // namespace

std::string printable(std::string_view text, Breaks breaks) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const Utf8Char next = first_char(text, Surrogates::refuse);
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

std::string without_passwords(std::string_view text) {
  constexpr std::string_view kBegin = "://";
  std::string shown;
  for (std::size_t begin = 0; (begin = text.find(kBegin)) != std::string_view::npos;) {
    begin += kBegin.size();
    shown += text.substr(0, begin);
    text.remove_prefix(begin);
    const std::string_view place = text.substr(0, text.find_first_of("/?# \t\r\n\"'<>"));
    const std::size_t at = place.rfind('@');
    const std::size_t colon = place.substr(0, std::min(at, place.size())).find(':');
    if (at == std::string_view::npos || colon == std::string_view::npos) continue;
    shown.append(place.substr(0, colon + 1)).append("***");
    text.remove_prefix(at);
  }
  return shown.append(text);
}

}  // namespace rqpp::base
