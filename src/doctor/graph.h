#pragma once

#include <string>
#include <vector>

#include "doctor/measure.h"

// Graphs as text, for terminals: the newest column is at the right.
namespace rqpp::doctor {

/// What a terminal shows: dots of braille and parts of blocks, or just ASCII.
enum class Characters { fine, ascii };

struct Canvas {
  int width = 0;   ///< Characters, 0 or more.
  int height = 0;  ///< Lines, 0 or more.
  double top = 1;  ///< The value at the upper edge; more than 0.
  Characters characters = Characters::fine;
};

/// How many columns one character shows.
std::size_t columns_per_character(Characters characters);

/// The columns as areas, in `height` lines of `width` characters. What was measured shows at least
/// as a dot, what is beyond the top is cut there; columns that do not fit are the oldest.
std::vector<std::string> draw(const Columns& columns, const Canvas& canvas);

/// In one line, with one column for each character; `height` means nothing.
std::string draw_line(const Columns& columns, const Canvas& canvas);

}  // namespace rqpp::doctor
