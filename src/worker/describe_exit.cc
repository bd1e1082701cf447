#include "worker/describe_exit.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>

namespace rqpp::worker {
namespace {

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

std::string describe_signal(const HorseExited& exited, int signal) {
  return fmt::format("{}.{}{}",
                     exited.last_words.empty()
                         ? fmt::format("The process was ended by {}", signal_words(signal))
                         : exited.last_words,
                     WCOREDUMP(exited.wait_status) ? " It left a core dump." : "",
                     exited.last_words.empty() || signal != SIGKILL ? hint(signal) : "");
}

std::string describe_code(const HorseExited& exited, int code) {
  if (exited.last_words.empty()) {
    return fmt::format(
        "The process ended with exit code {} before the job did: a task must return or throw.",
        code);
  }
  return fmt::format("The process ended with exit code {} before the job did: {}.", code,
                     exited.last_words);
}

}  // namespace

std::string signal_words(int signal) {
  const char* name = ::sigabbrev_np(signal);
  const char* words = ::sigdescr_np(signal);
  if (name == nullptr || words == nullptr) return fmt::format("signal {}", signal);
  return fmt::format("SIG{} ({})", name, words);
}

std::string describe_exit(const HorseExited& exited) {
  const int status = exited.wait_status;
  if (WIFSIGNALED(status)) {
    return fmt::format("Work-horse terminated unexpectedly; waitpid returned {} (signal {}); \n{}",
                       status, WTERMSIG(status), describe_signal(exited, WTERMSIG(status)));
  }
  return fmt::format("Work-horse terminated unexpectedly; waitpid returned {}; \n{}", status,
                     describe_code(exited, WEXITSTATUS(status)));
}

}  // namespace rqpp::worker
