#include "worker/init_process.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/fd.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

/// Reaps all that has ended. Returns the exit code once `child` is among them, else -1.
int reap(pid_t child) {
  int code = -1;
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended <= 0) return code;
    if (ended != child) continue;
    code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);  // as a shell says it
  }
}

[[noreturn]] void be_init(pid_t child, const sigset_t& signals) {
  for (;;) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGCHLD) {
      ::kill(child, signal);
    } else if (const int code = reap(child); code >= 0) {
      ::_exit(code);
    }
  }
}

/// A group of its own, in front at the terminal: what is typed there reaches it once, not also by
/// way of the init.
void take_the_terminal() {
  ::setpgid(0, 0);
  ::signal(SIGTTOU, SIG_IGN);
  ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
  ::signal(SIGTTOU, SIG_DFL);
}

}  // namespace

void go_on_below_init() {
  if (::getpid() != 1) return;
  sigset_t signals;
  sigset_t before;
  ::sigfillset(&signals);
  // What a fault of its own raises must end it.
  for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) {
    ::sigdelset(&signals, own);
  }
  ::sigprocmask(SIG_BLOCK, &signals, &before);
  const pid_t child = ::fork();
  if (child < 0) throw Error(fmt::format("cannot fork: {}", base::errno_text(errno)));
  if (child > 0) be_init(child, signals);
  take_the_terminal();
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace rqpp::worker
