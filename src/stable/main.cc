// The stable of a worker as a program of its own: see worker/stable.h, which starts it.

#include <charconv>
#include <cstdio>
#include <string_view>

#include "worker/stable_main.h"

int main(int argc, char** argv) {
  const std::string_view word = argc == 2 ? argv[1] : "";
  pid_t parent = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), parent);
  if (word.empty() || problem != std::errc() || end != word.data() + word.size()) {
    std::fputs("rqpp-stable: a worker starts this program. See `rqpp worker --help`.\n", stderr);
    return 2;
  }
  rqpp::worker::stable_program(parent);
}
