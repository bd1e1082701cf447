#include "display.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "terminal.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

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

/// Until there is something to show.
Lines only_title(const PictureLook& look) {
  return with_status({fitted(plain(look.title), look.columns)}, look);
}

}  // namespace

Display::Display(Context& context, std::string title)
    : context_(context), title_(std::move(title)), picture_(only_title) {
  if (standard_output().interactive) {
    screen_.emplace(context);
  } else {
    signals_.emplace({SIGINT, SIGTERM});
  }
}

void Display::show(Picture picture, std::string_view line, std::string status) {
  picture_ = std::move(picture);
  status_ = std::move(status);
  if (on_screen()) {
    draw();
  } else if (!line.empty()) {
    context_.print(fmt::format("{}\n", line));
  }
}

void Display::say(std::string status) {
  status_ = std::move(status);
  if (on_screen()) {
    draw();
  } else {
    context_.complain(base::printable(status_));
  }
}

bool Display::wait(milliseconds time) {
  if (!on_screen()) return signals_->wait(time) == 0 && context_.can_print();
  const auto until = Clock::now() + time;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
    switch (screen_->wait(std::max(left, milliseconds{0}))) {
      case Screen::Event::time:
        return true;
      case Screen::Event::leave:
        return false;
      case Screen::Event::size:
        draw();
    }
  }
}

std::string Display::habits(double interval_seconds) const {
  const bool keys = screen_ && screen_->has_keys();
  return fmt::format("{} ends; every {} s", keys ? "q" : "Ctrl-C", interval_seconds);
}

void Display::draw() {
  const Terminal terminal = standard_output();
  screen_->show(picture_({.title = title_,
                          .status = status_,
                          .columns = terminal.columns,
                          .rows = terminal.rows,
                          .colors = wants_colors(terminal),
                          .characters = characters_of(context_.environment())}));
}

milliseconds interval_of(double seconds) {
  return std::chrono::ceil<milliseconds>(std::chrono::duration<double>(seconds));
}

void keep_looking(Display& display, double interval_seconds, const std::function<void()>& look,
                  const std::function<bool()>& enough) {
  auto next = Clock::now();
  while (!enough()) {
    next = std::max(next + interval_of(interval_seconds), Clock::now());
    if (!display.wait(std::chrono::ceil<milliseconds>(next - Clock::now()))) return;
    try {
      look();
    } catch (const ConnectionError& error) {
      display.say(fmt::format("No answer, trying again: {}", error.what()));
    } catch (const TimeoutError& error) {
      display.say(fmt::format("No answer, trying again: {}", error.what()));
    } catch (const CommandError& error) {
      display.say(fmt::format("Trying again: {}", error.what()));
    }
  }
}

}  // namespace rqpp::cli
