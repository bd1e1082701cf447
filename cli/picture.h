#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/graph.h"

// What pictures on the whole of a terminal are made of. Pure: values in, lines out.
namespace rqpp::cli {

using Lines = std::vector<std::string>;

/// Where a picture is drawn, and what stands at its edges.
struct PictureLook {
  std::string title{};   ///< The first line.
  std::string status{};  ///< The last line.
  int columns = 80;
  int rows = 24;
  bool colors = false;
  doctor::Characters characters = doctor::Characters::fine;
};

/// Text of ASCII, made harmless: each byte is a column.
std::string plain(std::string_view text);

/// Exactly so many characters: cut, or filled with blanks.
std::string fitted(std::string_view text, int width);

/// In a color of ANSI, `31` is red, where the look has colors.
std::string painted(std::string text, const char* color, const PictureLook& look);

/// Two blocks of as many lines, one at the right of the other.
Lines beside(Lines left, const Lines& right);
inline constexpr int kBetween = 2;         ///< Columns between the two.
inline constexpr int kColumnsForTwo = 72;  ///< Where there are fewer, one stands below the other.

/// As many lines as the terminal has rows, the last of which is the status, however few or many
/// there are.
Lines with_status(Lines lines, const PictureLook& look);

}  // namespace rqpp::cli
