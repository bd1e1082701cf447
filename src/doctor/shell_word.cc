#include "doctor/shell_word.h"

namespace rqpp::doctor {

std::string shell_word(std::string_view name) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:/@%+=,";
  const bool plain = !name.empty() && name.front() != '-' &&
                     name.find_first_not_of(kPlain) == std::string_view::npos;
  if (plain) return std::string(name);
  std::string quoted = "'";
  for (const char c : name) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace rqpp::doctor
