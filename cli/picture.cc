#include "picture.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"

namespace rqpp::cli {
namespace {

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

}  // namespace

std::string plain(std::string_view text) {
  std::string shown = base::printable(text);
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; },
      '?');
  return shown;
}

std::string fitted(std::string_view text, int width) {
  std::string shown;
  int used = 0;
  for (const char c : text) {
    if (begins_character(c) && used++ == width) return shown;
    shown += c;
  }
  shown.append(static_cast<std::size_t>(std::max(width - used, 0)), ' ');
  return shown;
}

std::string painted(std::string text, const char* color, const PictureLook& look) {
  if (!look.colors) return text;
  return fmt::format("\x1b[{}m{}\x1b[0m", color, text);
}

Lines beside(Lines left, const Lines& right) {
  for (std::size_t i = 0; i < left.size(); ++i) {
    left[i] += std::string(kBetween, ' ') + right.at(i);
  }
  return left;
}

Lines with_status(Lines lines, const PictureLook& look) {
  lines.resize(static_cast<std::size_t>(std::max(look.rows - 1, 0)));
  if (look.rows > 0) {
    lines.push_back(painted(fitted(plain(look.status), look.columns), "2", look));
  }
  return lines;
}

}  // namespace rqpp::cli
