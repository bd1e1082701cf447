#pragma once

#include <cstddef>
#include <string_view>

namespace rqpp::detail {

inline constexpr std::size_t kLongestTaskName = 255;

/// True for `a.b.c`: identifiers of ASCII letters, digits and `_` with single dots between them.
constexpr bool is_dotted_name(std::string_view text) {
  if (text.empty() || text.size() > kLongestTaskName) return false;
  bool at_start = true;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (at_start ? !letter : !(letter || c == '.' || (c >= '0' && c <= '9'))) return false;
    at_start = c == '.';
  }
  return !at_start;
}

/// True for `module.function`, with further dots or without.
constexpr bool is_task_name(std::string_view text) {
  return is_dotted_name(text) && text.find('.') != std::string_view::npos;
}

}  // namespace rqpp::detail
