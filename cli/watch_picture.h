#pragma once

#include <span>
#include <string>
#include <string_view>

#include "doctor/reading.h"
#include "picture.h"

// What `rqpp doctor --watch` and `--replay` draw on a terminal. Pure: readings in, lines out.
namespace rqpp::cli {

/// Graphs of the CPU, the commands, the network, clients and memory, and the commands that take
/// most time: at most `rows` lines of at most `columns` characters, as much as there is room for.
/// Names from Redis are made harmless.
Lines watch_picture(std::span<const doctor::Reading> readings, const PictureLook& look);

/// A reading in one line, for output that is no terminal: `12:30:05 cpu=61 % …`.
std::string watch_line(const doctor::Reading& reading, std::string_view time);

}  // namespace rqpp::cli
