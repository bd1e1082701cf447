#pragma once

namespace rqpp::cli {

/// The terminal behind standard output, if there is one.
struct Terminal {
  bool interactive = false;  ///< The cursor can be moved.
  int columns = 80;
  int rows = 24;
};
Terminal standard_output();

/// Whether it shows colors: not where the user said NO_COLOR.
bool wants_colors(const Terminal& terminal);

inline constexpr const char* kClearScreen = "\x1b[H\x1b[2J";

}  // namespace rqpp::cli
