#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "context.h"
#include "picture.h"
#include "screen.h"
#include "signals.h"

namespace rqpp::cli {

/// Where something is shown that changes: on the whole screen of a terminal, or in a line for each
/// look at it where standard output is none.
class Display {
 public:
  using Picture = std::function<Lines(const PictureLook&)>;

  Display(Context& context, std::string title);

  bool on_screen() const { return screen_.has_value(); }

  /// Shows what is new: the picture on a screen, elsewhere the line, if it is not empty. The
  /// picture is drawn again when the screen changes; what it is of must stay until the next call.
  void show(Picture picture, std::string_view line, std::string status);
  /// The picture is as it was, the status is not. On no screen it is a complaint.
  void say(std::string status);
  /// Waits; meanwhile it follows the size of the terminal. False if the user wants to end.
  bool wait(std::chrono::milliseconds time);

  /// `q ends; every 1 s`: how to end it, and how often it looks.
  std::string habits(double interval_seconds) const;

 private:
  void draw();

  Context& context_;
  std::string title_;
  std::optional<Signals> signals_{};  // without a screen
  std::optional<Screen> screen_{};
  Picture picture_;
  std::string status_{};
};

/// Calls `look`, which looks at Redis and shows what it saw, again and again until it is `enough`
/// or the user wants to end. While Redis does not answer the display says so.
void keep_looking(Display& display, double interval_seconds, const std::function<void()>& look,
                  const std::function<bool()>& enough);

/// An interval of an option: whole milliseconds.
std::chrono::milliseconds interval_of(double seconds);

}  // namespace rqpp::cli
