#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace rqpp::cli {

Terminal standard_output() {
  Terminal terminal;
  const char* kind = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): no threads yet
  const bool dumb = kind == nullptr || std::string_view(kind) == "dumb";
  terminal.interactive = ::isatty(STDOUT_FILENO) == 1 && !dumb;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    terminal.columns = size.ws_col;
    terminal.rows = size.ws_row;
  }
  return terminal;
}

bool wants_colors(const Terminal& terminal) {
  const char* plain = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): no threads yet
  return terminal.interactive && (plain == nullptr || *plain == '\0');
}

}  // namespace rqpp::cli
