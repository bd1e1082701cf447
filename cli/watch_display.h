#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "context.h"
#include "doctor/reading.h"
#include "screen.h"
#include "signals.h"

namespace rqpp::cli {

/// Where a watch is shown: on the whole screen of a terminal, or in a line for each reading where
/// standard output is none.
class WatchDisplay {
 public:
  WatchDisplay(Context& context, std::string title);

  bool on_screen() const { return screen_.has_value(); }
  bool has_keys() const { return screen_ && screen_->has_keys(); }

  /// Shows the readings, which must stay until the next call, of which the last one is new. `time`
  /// is that of the last one.
  void show(std::span<const doctor::Reading> readings, std::string_view time, std::string status);
  /// The readings are as they were, the status is not. On no screen it is a complaint.
  void say(std::string status);
  /// Waits; meanwhile it follows the size of the terminal. False if the user wants to end.
  bool wait(std::chrono::milliseconds time);

 private:
  void draw();

  Context& context_;
  std::string title_;
  std::optional<Signals> signals_{};  // without a screen
  std::optional<Screen> screen_{};
  std::span<const doctor::Reading> readings_{};
  std::string status_{};
};

}  // namespace rqpp::cli
