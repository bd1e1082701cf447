#include "doctor/html_text.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace rqpp::doctor {
namespace {

std::string html_character(std::string_view bytes, char32_t code) {
  switch (code) {
    case U'<':
      return "&lt;";
    case U'>':
      return "&gt;";
    case U'&':
      return "&amp;";
    case U'"':
      return "&quot;";
    case U'\'':
      return "&#39;";
    default:
      break;
  }
  if (base::is_printable(code)) return std::string(bytes);
  return code < 0x100 ? fmt::format("\\x{:02x}", static_cast<unsigned>(code))
                      : fmt::format("\\u{:04x}", static_cast<unsigned>(code));
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string html;
  while (!text.empty()) {
    const base::Utf8Char next = base::first_char(text, base::Surrogates::refuse);
    if (next.length == 0) {
      html += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
    } else {
      html += html_character(text.substr(0, next.length), next.code);
      text.remove_prefix(next.length);
    }
  }
  return html;
}

std::string html_prose(std::string_view text) {
  std::string html;
  while (!text.empty()) {
    const std::size_t open = text.find('`');
    const std::size_t close = open == std::string_view::npos ? open : text.find('`', open + 1);
    if (close == std::string_view::npos) return html + html_text(text);
    html += html_text(text.substr(0, open));
    html += "<code>" + html_text(text.substr(open + 1, close - open - 1)) + "</code>";
    text.remove_prefix(close + 1);
  }
  return html;
}

}  // namespace rqpp::doctor
