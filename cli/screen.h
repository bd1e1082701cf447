#pragma once

#include <termios.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "context.h"
#include "signals.h"

namespace rqpp::cli {

/// The whole terminal, for a picture that changes: the other screen, without a cursor, and keys
/// that come without Enter. What was on the terminal before is back when this ends, whichever way,
/// and while the program is stopped by Ctrl-Z. Make it before the program starts threads, once.
class Screen {
 public:
  /// Standard output must be a terminal; without one as standard input there are no keys.
  explicit Screen(Context& context);
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen();

  /// Shows the lines in place of the picture before.
  void show(const std::vector<std::string>& lines);

  enum class Event {
    time,   ///< It is over.
    size,   ///< The terminal has another size, or shows something else: draw again.
    leave,  ///< The user wants to end: q, Ctrl-C, a signal, or the terminal is gone.
  };
  Event wait(std::chrono::milliseconds time);

  bool has_keys() const { return before_.has_value(); }

 private:
  void enter();
  void exit();
  void stop();
  std::optional<Event> take_signal();
  std::optional<Event> take_keys();

  Context& context_;
  Signals signals_{SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP};
  base::Fd arrivals_{};              // of these signals
  std::optional<termios> before_{};  // unset: standard input is no terminal
  bool keys_ended_ = false;
};

}  // namespace rqpp::cli
