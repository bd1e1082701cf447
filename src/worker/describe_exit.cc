#include "worker/describe_exit.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>

namespace rqpp::worker {
namespace {

std::string signal_words(int signal) {
  const char* name = ::sigabbrev_np(signal);
  const char* words = ::sigdescr_np(signal);
  if (name == nullptr || words == nullptr) return fmt::format("signal {}", signal);
  return fmt::format("SIG{} ({})", name, words);
}

std::string hint(int signal) {
  switch (signal) {
    case SIGKILL:
      return " If nobody killed it, the kernel may have, because memory ran out: see `dmesg`.";
    case SIGSEGV:
    case SIGBUS:
    case SIGABRT:
    case SIGFPE:
    case SIGILL:
      return " The fault is in the task or in a library that it uses.";
    default:
      return "";
  }
}

}  // namespace

std::string describe_exit(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int signal = WTERMSIG(wait_status);
    return fmt::format(
        "Work-horse terminated unexpectedly; waitpid returned {} (signal {}); \n"
        "The process was ended by {}{}.{}",
        wait_status, signal, signal_words(signal),
        WCOREDUMP(wait_status) ? " and left a core dump" : "", hint(signal));
  }
  return fmt::format(
      "Work-horse terminated unexpectedly; waitpid returned {}; \n"
      "The process ended with exit code {} before the job did: a task must return or throw.",
      wait_status, WEXITSTATUS(wait_status));
}

}  // namespace rqpp::worker
