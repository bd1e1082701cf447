#include "doctor/monitor_line.h"

#include <cstddef>

#include "doctor/facts.h"

namespace rqpp::doctor {
namespace {

constexpr std::size_t kMostWords = 4;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// What stands behind a backslash; takes it from `text`.
char take_escaped(std::string_view& text) {
  const char c = text.front();
  text.remove_prefix(1);
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'x':
      if (text.size() >= 2 && hex_value(text[0]) >= 0 && hex_value(text[1]) >= 0) {
        const int value = hex_value(text[0]) * 16 + hex_value(text[1]);
        text.remove_prefix(2);
        return static_cast<char>(value);
      }
      return c;
    default:
      return c;
  }
}

/// Takes `"…"` from the front; nothing if none stands there or it does not end.
std::optional<std::string> take_quoted(std::string_view& text) {
  if (text.empty() || text.front() != '"') return std::nullopt;
  text.remove_prefix(1);
  std::string word;
  while (!text.empty()) {
    char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return word;
    if (c == '\\' && !text.empty()) c = take_escaped(text);
    if (word.size() < kMostNameBytes) word += c;
  }
  return std::nullopt;
}

/// Takes the time and `[0 client]` from the front.
std::optional<std::string> take_client(std::string_view& line) {
  const std::size_t open = line.find(" [");
  if (open == std::string_view::npos) return std::nullopt;
  line.remove_prefix(open + 2);
  const std::size_t blank = line.find(' ');
  const std::size_t close = line.find("] \"");  // a path may hold a bracket
  if (blank == std::string_view::npos || close == std::string_view::npos || blank > close) {
    return std::nullopt;
  }
  std::string client(line.substr(blank + 1, close - blank - 1).substr(0, kMostNameBytes));
  line.remove_prefix(close + 2);
  return client;
}

}  // namespace

std::optional<MonitorLine> parse_monitor_line(std::string_view line) {
  auto client = take_client(line);
  if (!client) return std::nullopt;
  MonitorLine parsed{.client = std::move(*client)};
  while (parsed.words.size() < kMostWords) {
    auto word = take_quoted(line);
    if (!word) break;
    parsed.words.push_back(std::move(*word));
    if (line.starts_with(' ')) line.remove_prefix(1);
  }
  if (parsed.words.empty()) return std::nullopt;
  return parsed;
}

}  // namespace rqpp::doctor
