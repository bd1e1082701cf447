#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/graph.h"
#include "doctor/reading.h"

// What `rqpp doctor --watch` and `--replay` draw on a terminal. Pure: readings in, lines out.
namespace rqpp::cli {

struct WatchLook {
  std::string title{};   ///< The server: the first line.
  std::string status{};  ///< The last line.
  int columns = 80;
  int rows = 24;
  bool colors = false;
  doctor::Characters characters = doctor::Characters::fine;
};

/// Graphs of the CPU, the commands, the network, clients and memory, and the commands that take
/// most time: at most `rows` lines of at most `columns` characters, as much as there is room for.
/// Names from Redis are made harmless.
std::vector<std::string> watch_picture(std::span<const doctor::Reading> readings,
                                       const WatchLook& look);

/// A reading in one line, for output that is no terminal: `12:30:05 cpu=61 % …`.
std::string watch_line(const doctor::Reading& reading, std::string_view time);

}  // namespace rqpp::cli
