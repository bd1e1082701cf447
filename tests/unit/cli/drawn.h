#pragma once

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

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

/// `draw(look)` gives as many lines as a terminal has rows, none of them wider than it is.
template <class Draw>
void expect_fits_every_terminal(const Draw& draw) {
  for (const auto characters : {doctor::Characters::fine, doctor::Characters::ascii}) {
    for (const int columns : {0, 1, 7, 9, 10, 11, 15, 40, 71, 72, 73, 79, 80, 81, 120, 132, 300}) {
      for (const int rows : {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 16, 19, 20, 24, 25, 60}) {
        const Lines lines = draw(PictureLook{.title = std::string(500, 't'),
                                             .status = std::string(500, 's'),
                                             .columns = columns,
                                             .rows = rows,
                                             .characters = characters});
        ASSERT_EQ(lines.size(), static_cast<std::size_t>(rows)) << columns;
        for (const std::string& line : lines) {
          ASSERT_LE(shown_width(line), static_cast<std::size_t>(columns))
              << columns << "x" << rows << ": '" << line << "'";
        }
      }
    }
  }
}

}  // namespace rqpp::cli
