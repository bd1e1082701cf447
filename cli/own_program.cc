#include "own_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "base/fd.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using namespace std::chrono_literals;

std::string last_line_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string last;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace

OwnProgram::OwnProgram(const Options& options, const Signals& interrupts)
    : command_(options.words.at(0)), log_(options.log) {
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    throw Error(fmt::format("cannot start `rqpp {}`: {}", command_, base::errno_text(errno)));
  }
  if (pid_ == 0) become(options.words, options.url, interrupts, parent);
}

void OwnProgram::become(std::vector<std::string> words, const std::string& url,
                        const Signals& interrupts, pid_t parent) const {
  // A Ctrl-C in the terminal is for us alone: we end the program.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // we were gone before the signal was asked for
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const int log = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(null, STDIN_FILENO);
  ::dup2(null, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  child_ended_.release();
  interrupts.release();
  ::unsetenv("RQ_CONFIG");  // it could name other queues; no threads here
  ::setenv("RQ_REDIS_URL", url.c_str(), 1);
  words.insert(words.begin(), "rqpp");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv("/proc/self/exe", arguments.data());
  ::_exit(127);
}

void OwnProgram::end() noexcept {
  if (pid_ == 0) return;
  // The first one lets a worker finish its jobs, the second one ends them.
  ::kill(pid_, SIGTERM);
  if (wait_for_end(300ms)) return;
  ::kill(pid_, SIGTERM);
  if (wait_for_end(5s)) return;
  ::kill(pid_, SIGKILL);
  wait_for_end(5s);
}

void OwnProgram::fail(const char* how) const {
  const std::string why = last_line_of(log_);
  throw Error(fmt::format("`rqpp {}` {}: {}", command_, how,
                          why.empty() ? std::string("it left no word why") : why));
}

void OwnProgram::check_alive() {
  if (reap()) fail("has ended");
}

bool OwnProgram::wait(std::chrono::milliseconds patience) {
  if (!wait_for_end(patience)) return false;
  if (status_ != 0) fail("failed");
  return true;
}

bool OwnProgram::reap() {
  if (pid_ != 0 && ::waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = 0;
  return pid_ == 0;
}

bool OwnProgram::wait_for_end(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!reap()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left <= 0ms) return false;
    child_ended_.wait(left);
  }
  return true;
}

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

void await_orphans(std::chrono::milliseconds patience) {
  Signals child_ended{SIGCHLD};
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
    if (ended < 0) return;  // nobody is left
    if (ended > 0) continue;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left <= 0ms) return;
    child_ended.wait(left);
  }
}

}  // namespace rqpp::cli
