// A module that takes crashes into its own hands when it is loaded, as runtimes of other languages
// do.
#include <unistd.h>

#include <csignal>

#include <rqpp/module.h>

namespace {

const bool installed = [] {
  struct sigaction action {};
  action.sa_handler = [](int) { ::_exit(43); };
  return ::sigaction(SIGSEGV, &action, nullptr) == 0;
}();

void crash() {
  if (installed) std::raise(SIGSEGV);
}

}  // namespace

RQPP_MODULE(handles_crashes) { tasks.add("crash", crash); }
