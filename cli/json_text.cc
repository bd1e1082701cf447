#include "json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/utf8.h"
#include "codec/json.h"

#include <rqpp/error.h>

namespace rqpp::cli {

namespace {

void append_escape(std::string& line, char32_t code) {
  constexpr char32_t kPlane = 0x10000;
  if (code < kPlane) {
    line += fmt::format("\\u{:04x}", static_cast<unsigned>(code));
  } else {
    const auto rest = static_cast<unsigned>(code - kPlane);
    line += fmt::format("\\u{:04x}\\u{:04x}", 0xD800U + (rest >> 10U), 0xDC00U + (rest & 0x3FFU));
  }
}

// Whatever a terminal may obey becomes an escape of JSON: nlohmann-json leaves DEL, the controls
// U+0080 to U+009F and bidirectional marks unescaped. They occur in strings only.
std::string escaped(std::string_view json) {
  std::string line;
  line.reserve(json.size());
  while (!json.empty()) {
    const base::Utf8Char next = base::first_char(json, base::Surrogates::refuse);
    const std::size_t length = std::max<std::size_t>(next.length, 1);
    if (base::is_printable(next.code)) {
      line += json.substr(0, length);
    } else {
      append_escape(line, next.code);
    }
    json.remove_prefix(length);
  }
  return line;
}

}  // namespace

std::string to_line(const Json& json) {
  return escaped(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json to_json(const Value& value) {
  try {
    // What Python takes for JSON, NaN for example, is none to others: they get the text.
    Json json = Json::parse(codec::write_json(value), nullptr, false);
    if (!json.is_discarded()) return json;
  } catch (const InvalidArgument&) {
    return value.repr();
  }
  return value.repr();
}

}  // namespace rqpp::cli
