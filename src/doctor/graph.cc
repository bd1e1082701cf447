#include "doctor/graph.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/utf8.h"

namespace rqpp::doctor {
namespace {

constexpr int kDotsPerCell = 4;  // one above the other, in braille
constexpr char32_t kBraille = 0x2800;
constexpr std::array<unsigned, kDotsPerCell> kLeftDots{0x40, 0x04, 0x02, 0x01};  // from below
constexpr std::array<unsigned, kDotsPerCell> kRightDots{0x80, 0x20, 0x10, 0x08};
constexpr std::array<char, 3> kPartsOfCell{'.', ':', '#'};

/// How many of `steps` steps a column fills: none if nothing was measured.
int steps_of(const std::optional<double>& value, double top, int steps) {
  if (!value) return 0;
  const double part = std::clamp(*value / top, 0.0, 1.0);  // NaN fails both comparisons
  if (!(part > 0)) return std::min(1, steps);
  return std::max(static_cast<int>(std::lround(part * steps)), std::min(1, steps));
}

/// The columns at the right of so many places.
Columns at_the_right(const Columns& columns, std::size_t places) {
  Columns placed(places);
  const std::size_t shown = std::min(places, columns.size());
  std::copy(columns.end() - static_cast<std::ptrdiff_t>(shown), columns.end(),
            placed.end() - static_cast<std::ptrdiff_t>(shown));
  return placed;
}

std::string fine_cell(int left, int right) {
  unsigned dots = 0;
  for (int i = 0; i < kDotsPerCell; ++i) {
    if (left > i) dots |= kLeftDots.at(static_cast<std::size_t>(i));
    if (right > i) dots |= kRightDots.at(static_cast<std::size_t>(i));
  }
  if (dots == 0) return " ";
  std::string cell;
  base::append_utf8(cell, kBraille + dots);
  return cell;
}

std::string plain_cell(int steps) {
  if (steps <= 0) return " ";
  const auto part = std::min(static_cast<std::size_t>(steps), kPartsOfCell.size()) - 1;
  return std::string(1, kPartsOfCell.at(part));
}

}  // namespace

std::size_t columns_per_character(Characters characters) {
  return characters == Characters::fine ? 2 : 1;
}

std::vector<std::string> draw(const Columns& columns, const Canvas& canvas) {
  const bool fine = canvas.characters == Characters::fine;
  const int per_cell = fine ? kDotsPerCell : static_cast<int>(kPartsOfCell.size());
  const auto per_character = columns_per_character(canvas.characters);
  const auto width = static_cast<std::size_t>(std::max(canvas.width, 0));
  const Columns placed = at_the_right(columns, width * per_character);
  std::vector<std::string> lines;
  for (int line = 0; line < canvas.height; ++line) {
    const int below = (canvas.height - 1 - line) * per_cell;
    const auto steps_in_line = [&](std::size_t column) {
      return steps_of(placed[column], canvas.top, canvas.height * per_cell) - below;
    };
    std::string text;
    for (std::size_t at = 0; at < placed.size(); at += per_character) {
      text += fine ? fine_cell(steps_in_line(at), steps_in_line(at + 1))
                   : plain_cell(steps_in_line(at));
    }
    lines.push_back(std::move(text));
  }
  return lines;
}

std::string draw_line(const Columns& columns, const Canvas& canvas) {
  constexpr int kEighths = 8;
  constexpr char32_t kLowerEighth = 0x2581;
  const bool fine = canvas.characters == Characters::fine;
  const int steps = fine ? kEighths : static_cast<int>(kPartsOfCell.size());
  std::string text;
  for (const auto& column :
       at_the_right(columns, static_cast<std::size_t>(std::max(canvas.width, 0)))) {
    const int filled = steps_of(column, canvas.top, steps);
    if (filled == 0 || !fine) {
      text += plain_cell(filled);
    } else {
      base::append_utf8(text, kLowerEighth + static_cast<char32_t>(filled - 1));
    }
  }
  return text;
}

}  // namespace rqpp::doctor
