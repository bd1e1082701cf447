#include "worker/child_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <utility>
#include <vector>

// Present in builds that measure coverage: _exit would lose what was counted.
extern "C" __attribute__((weak)) void __gcov_dump();  // NOLINT(bugprone-reserved-identifier)

namespace rqpp::worker {
namespace {

// The buffers of these streams until somebody takes them out of step with stdio, or sets others.
const std::streambuf* const cout_in_step = std::cout.rdbuf();
const std::streambuf* const clog_in_step = std::clog.rdbuf();

// For kernels before 5.9.
void close_one_by_one(int first) {
  std::vector<int> open;
  if (DIR* folder = ::opendir("/proc/self/fd")) {
    while (const dirent* entry = ::readdir(folder)) open.push_back(std::atoi(entry->d_name));
    ::closedir(folder);
  } else {
    for (int i = first; i < ::sysconf(_SC_OPEN_MAX); ++i) open.push_back(i);
  }
  for (const int descriptor : open) {
    if (descriptor >= first) ::close(descriptor);
  }
}

void close_from(int first) {
  if (::syscall(SYS_close_range, first, ~0U, 0) != 0) close_one_by_one(first);
}

}  // namespace

void open_missing_streams() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    // open() takes the lowest free number, which is this one.
    if (::open("/dev/null", O_RDWR) != descriptor) end_process(EXIT_FAILURE);
  }
}

base::Fd keep_only(base::Fd channel) {
  // Out of the way of 0 to 3 first, in case the parent had closed some of those.
  const int high = ::fcntl(channel.get(), F_DUPFD_CLOEXEC, kChannelFd + 1);
  channel.reset();
  if (high < 0 || ::dup3(high, kChannelFd, O_CLOEXEC) < 0) end_process(EXIT_FAILURE);
  close_from(kChannelFd + 1);
  open_missing_streams();
  return base::Fd(kChannelFd);
}

base::Fd become(const char* program, const char* name, const char* argument,
                const base::Environment& environment, base::Fd channel) {
  base::Fd kept = keep_only(std::move(channel));
  ::fcntl(kept.get(), F_SETFD, 0);
  // An argument that is missing must not end the list before the environment.
  const std::array<char*, 3> words{const_cast<char*>(name), const_cast<char*>(argument), nullptr};
  ::execve(program, words.data(), environment.data());
  return kept;
}

void close_all_but_streams() { close_from(kChannelFd); }

void close_standard_input() {
  const base::Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (null) ::dup2(null.get(), STDIN_FILENO);
}

void reset_signal_actions() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
}

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void unblock_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

void die_with(pid_t parent, int signal) {
  ::prctl(PR_SET_PDEATHSIG, signal);
  if (::getppid() != parent) end_process(EXIT_FAILURE);
}

void set_process_name(const char* name) { ::prctl(PR_SET_NAME, name); }

void flush_streams() noexcept {
  try {
    // As long as they are in step with stdio, they hold nothing; to ask them costs a horse two
    // pages.
    if (std::cout.rdbuf() != cout_in_step) std::cout.flush();
    if (std::clog.rdbuf() != clog_in_step) std::clog.flush();
  } catch (...) {  // NOLINT(bugprone-empty-catch): the user asked for exceptions of std::cout
  }
  std::fflush(nullptr);
}

void end_process(int status) noexcept {
  flush_streams();
  if (__gcov_dump != nullptr) __gcov_dump();
  ::_exit(status);
}

}  // namespace rqpp::worker
