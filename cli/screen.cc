#include "screen.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l\x1b[2J";  // the other screen, no cursor, empty
constexpr const char* kExit = "\x1b[?25h\x1b[?1049l";

base::Fd open_signals() {
  sigset_t set{};
  sigemptyset(&set);
  for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP}) sigaddset(&set, each);
  base::Fd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) throw Error("cannot wait for signals: " + base::errno_text(errno) + ".");
  return signals;
}

std::optional<termios> keys_of_terminal() {
  termios keys{};
  if (::tcgetattr(STDIN_FILENO, &keys) != 0) return std::nullopt;
  return keys;
}

}  // namespace

Screen::Screen(Context& context)
    : context_(context), arrivals_(open_signals()), before_(keys_of_terminal()) {
  enter();
}

Screen::~Screen() { exit(); }

void Screen::enter() {
  if (before_) {
    termios keys = *before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // Ctrl-C stays a signal
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &keys);
  }
  context_.print(kEnter);
}

void Screen::exit() {
  context_.print(kExit);
  if (before_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &*before_);
}

void Screen::stop() {
  exit();
  ::kill(::getpid(), SIGSTOP);  // until somebody says `fg`
  before_ = keys_of_terminal();
  enter();
}

void Screen::show(const std::vector<std::string>& lines) {
  // Erased before it is written: behind a full line the cursor still stands on its last character.
  std::string frame;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    frame += fmt::format("\x1b[{};1H\x1b[2K{}", i + 1, lines[i]);
  }
  context_.print(frame);
}

Screen::Event Screen::wait(std::chrono::milliseconds time) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + time;
  for (;;) {
    if (!context_.can_print()) return Event::leave;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0) return Event::time;
    std::array<pollfd, 2> sources{{{arrivals_.get(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    const bool keys = has_keys() && !keys_ended_;
    if (::poll(sources.data(), keys ? 2 : 1, static_cast<int>(left.count())) <= 0) continue;
    if (sources[0].revents != 0) {
      if (const auto event = take_signal()) return *event;
    }
    if (keys && sources[1].revents != 0) {
      if (const auto event = take_keys()) return *event;
    }
  }
}

std::optional<Screen::Event> Screen::take_signal() {
  signalfd_siginfo arrived{};
  if (::read(arrivals_.get(), &arrived, sizeof arrived) != sizeof arrived) return std::nullopt;
  switch (arrived.ssi_signo) {
    case SIGTSTP:
      stop();
      return Event::size;
    case SIGWINCH:
      return Event::size;
    default:
      return Event::leave;
  }
}

std::optional<Screen::Event> Screen::take_keys() {
  std::array<char, 64> typed{};
  const ssize_t size = ::read(STDIN_FILENO, typed.data(), typed.size());
  if (size < 0 && errno == EINTR) return std::nullopt;
  if (size <= 0) keys_ended_ = true;
  const std::string_view keys(typed.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (keys.find_first_of("qQ") != std::string_view::npos) return Event::leave;
  return std::nullopt;
}

}  // namespace rqpp::cli
