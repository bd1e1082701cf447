#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "context.h"
#include "json_text.h"

#include <rqpp/job.h>

namespace rqpp::cli {

/// What became of a job, as a command tells it.
struct Ending {
  int exit_code = kDone;
  std::optional<Value> value{};  ///< What it returned, for kDone.
  std::string why{};             ///< For all others: one line.
};

/// Up to the first line break. Behind the error of a failed job its traceback follows.
std::string first_line(std::string_view text);

/// What became of it by now.
Ending see_ending(const AnyJob& job);
/// Waits for it; `timeout` is 0 s or more, or kForever.
Ending await_ending(const AnyJob& job, std::chrono::seconds timeout);

/// Adds `result` or `error`. Returns the exit code.
int add_ending(Json& told, const Ending& ending);
/// Prints the value as Python text, or complains. Returns the exit code.
int say_ending(Context& context, const Ending& ending);

}  // namespace rqpp::cli
