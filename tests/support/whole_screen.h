#pragma once

#include <string>

#include "program.h"
#include "test_server.h"

// Programs that fill the terminal (cli/screen.h), as tests see them.
namespace rqpp::test {

/// What they print when they begin to fill it, and when they give it back.
inline constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l";
inline constexpr const char* kExit = "\x1b[?25h\x1b[?1049l";

/// A terminal of this locale, and the Redis of the test.
inline ProgramOptions on_terminal(const std::string& locale = "C.UTF-8") {
  return {.environment = {{"LANG", locale}, {"RQ_REDIS_URL", server().url()}}, .terminal = true};
}

}  // namespace rqpp::test
