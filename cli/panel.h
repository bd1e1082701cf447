#pragma once

#include <functional>
#include <string>

#include "doctor/measure.h"
#include "picture.h"

namespace rqpp::cli {

/// A graph of a picture: a line with its title, the newest value and the highest one shown, and the
/// values over time below it.
struct Panel {
  std::string title{};
  doctor::Columns columns{};  ///< The newest is the last.
  /// As text, in at most nine characters: `61 %`.
  std::function<std::string(double value)> text{};
  /// The value at the upper edge, given the highest one shown.
  std::function<double(double highest)> top{};
  /// Of a line of the graph, given how far up it is: 1 is the uppermost.
  std::function<const char*(double part_of_scale)> color{};
};

/// How many columns a panel of this width tells of; 1 or more.
std::size_t panel_columns(int width, const PictureLook& look);

/// In `height` lines of `width` characters, both 0 or more; a single line has the title and the
/// newest value only.
Lines draw_panel(const Panel& panel, int width, int height, const PictureLook& look);

}  // namespace rqpp::cli
