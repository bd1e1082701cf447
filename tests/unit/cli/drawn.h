#pragma once

#include <algorithm>
#include <string>

#include "cli/picture.h"

// Pictures as tests read them.
namespace rqpp::cli {

/// With line breaks around each line, without blanks at the ends of lines.
inline std::string joined_lines(const Lines& lines) {
  std::string text = "\n";
  for (const std::string& line : lines) {
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

/// In columns; without colors.
inline std::size_t shown_width(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace rqpp::cli
