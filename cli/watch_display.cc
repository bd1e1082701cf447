#include "watch_display.h"

#include <utility>

#include "printable.h"
#include "terminal.h"
#include "watch_picture.h"

namespace rqpp::cli {
namespace {

/// Braille needs UTF-8, and a font that has it: the console of Linux has none.
doctor::Characters characters_of(const redis::Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto locale = environment(name);
    if (!locale || locale->empty()) continue;
    const bool utf8 =
        locale->find("UTF-8") != std::string::npos || locale->find("utf8") != std::string::npos;
    return utf8 && environment("TERM") != "linux" ? doctor::Characters::fine
                                                  : doctor::Characters::ascii;
  }
  return doctor::Characters::ascii;
}

}  // namespace

WatchDisplay::WatchDisplay(Context& context, std::string title)
    : context_(context), title_(std::move(title)) {
  if (standard_output().interactive) {
    screen_.emplace(context);
  } else {
    signals_.emplace({SIGINT, SIGTERM});
  }
}

void WatchDisplay::show(std::span<const doctor::Reading> readings, std::string_view time,
                        std::string status) {
  readings_ = readings;
  status_ = std::move(status);
  if (on_screen()) {
    draw();
  } else if (!readings.empty()) {
    context_.print(watch_line(readings.back(), time) + '\n');
  }
}

void WatchDisplay::say(std::string status) {
  status_ = std::move(status);
  if (on_screen()) {
    draw();
  } else {
    context_.complain(printable(status_));
  }
}

bool WatchDisplay::wait(std::chrono::milliseconds time) {
  using Clock = std::chrono::steady_clock;
  if (!on_screen()) return signals_->wait(time) == 0 && context_.can_print();
  const auto until = Clock::now() + time;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    switch (screen_->wait(std::max(left, std::chrono::milliseconds{0}))) {
      case Screen::Event::time:
        return true;
      case Screen::Event::leave:
        return false;
      case Screen::Event::size:
        draw();
    }
  }
}

void WatchDisplay::draw() {
  const Terminal terminal = standard_output();
  screen_->show(watch_picture(readings_, {.title = title_,
                                          .status = status_,
                                          .columns = terminal.columns,
                                          .rows = terminal.rows,
                                          .colors = wants_colors(terminal),
                                          .characters = characters_of(context_.environment())}));
}

}  // namespace rqpp::cli
