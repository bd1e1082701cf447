#pragma once

#include <string>
#include <string_view>

#include "picture.h"
#include "top_state.h"

// What `rqpp top` draws on a terminal. Pure: values in, lines out. Names from Redis are made
// harmless.
namespace rqpp::cli {

/// Sums, graphs of the jobs that end and of those that wait, and tables of queues and workers: as
/// many lines as the terminal has rows, each of at most as many characters as it has columns.
Lines top_picture(const TopState& state, const PictureLook& look);

/// The sums in one line, for output that is no terminal: `12:30:05  Waiting: 1,204 (+3/s)  …`.
std::string top_line(const TopState& state, std::string_view time);

}  // namespace rqpp::cli
