#include "support/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "support/paths.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
constexpr auto kPatience = 60s;

struct Pipe {
  base::Fd read{};
  base::Fd write{};
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  return {base::Fd(ends[0]), base::Fd(ends[1])};
}

Pipe make_terminal() {
  int master = -1;
  int slave = -1;
  const winsize size{.ws_row = 40, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  if (::openpty(&master, &slave, nullptr, nullptr, &size) != 0) {
    throw std::runtime_error("cannot open a terminal");
  }
  base::set_on_exec(master, base::OnExec::close);
  base::set_on_exec(slave, base::OnExec::close);
  return {base::Fd(master), base::Fd(slave)};
}

std::vector<std::string> environment_of(const ProgramOptions& options) {
  auto variables = options.environment;
  for (const char* name : {"PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) variables.try_emplace(name, value);
  }
  if (options.terminal) variables.try_emplace("TERM", "xterm");
  std::vector<std::string> lines;
  for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

/// False at the end of the stream.
bool append_from(base::Fd& stream, std::string& text) {
  std::array<char, 4096> bytes{};
  const ssize_t size = ::read(stream.get(), bytes.data(), bytes.size());
  if (size > 0) {
    text.append(bytes.data(), static_cast<std::size_t>(size));
    return true;
  }
  return size < 0 && errno == EINTR;  // a terminal without a user answers EIO
}

}  // namespace

Program::Program(std::vector<std::string> words, const ProgramOptions& options) {
  const std::string path = in_build(options.program).string();
  words.insert(words.begin(), "rqpp");
  std::vector<std::string> environment = environment_of(options);
  const auto arguments = pointers(words);
  const auto variables = pointers(environment);
  Pipe out = options.terminal ? make_terminal() : make_pipe();
  Pipe err = make_pipe();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (options.terminal) {
      ::setsid();
      ::ioctl(out.write.get(), TIOCSCTTY, 0);
    } else {
      ::setpgid(0, 0);
    }
    if (options.terminal) ::dup2(out.write.get(), STDIN_FILENO);
    ::dup2(out.write.get(), STDOUT_FILENO);
    if (!options.output.empty()) ::dup2(::open(options.output.c_str(), O_WRONLY), STDOUT_FILENO);
    ::dup2(err.write.get(), STDERR_FILENO);
    if (!options.errors.empty()) {
      ::dup2(::open(options.errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
    }
    if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0) ::_exit(126);
    ::execve(path.c_str(), arguments.data(), variables.data());
    ::_exit(127);
  }
  out_ = std::move(out.read);
  err_ = std::move(err.read);
}

Program::~Program() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Program::signal(int number) const { ::kill(pid_, number); }

void Program::type(std::string_view keys) const {
  ASSERT_EQ(::write(out_.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
}

void Program::resize(int rows, int columns) const {
  winsize size{};
  size.ws_row = static_cast<unsigned short>(rows);
  size.ws_col = static_cast<unsigned short>(columns);
  ASSERT_EQ(::ioctl(out_.get(), TIOCSWINSZ, &size), 0);
}

bool Program::echoes() const {
  termios terminal{};
  return ::tcgetattr(out_.get(), &terminal) == 0 && (terminal.c_lflag & ECHO) != 0;
}

void Program::read_some() {
  std::array<pollfd, 2> streams{{{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}}};
  if (::poll(streams.data(), streams.size(), 1'000) <= 0) return;
  if (streams[0].revents != 0 && !append_from(out_, ended_.out)) out_.reset();
  if (streams[1].revents != 0 && !append_from(err_, ended_.err)) err_.reset();
}

void Program::await(const std::string& printed, std::string_view text) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (printed.find(text) == std::string::npos) {
    if ((!out_ && !err_) || std::chrono::steady_clock::now() > until) {
      FAIL() << "it never printed '" << text << "'. Output:\n"
             << ended_.out << "\nErrors:\n"
             << ended_.err;
    }
    read_some();
  }
}

void Program::await_output(std::string_view text) { await(ended_.out, text); }
void Program::await_error(std::string_view text) { await(ended_.err, text); }

Ended Program::wait() {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while ((out_ || err_) && std::chrono::steady_clock::now() < until) read_some();
  if (out_ || err_) {
    ADD_FAILURE() << "it did not end; killing it. Output:\n"
                  << ended_.out << "\nErrors:\n"
                  << ended_.err;
    ::kill(pid_, SIGKILL);
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  if (WIFEXITED(status)) ended_.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended_.signal = WTERMSIG(status);
  return std::move(ended_);
}

Ended rqpp(std::vector<std::string> words, const ProgramOptions& options) {
  return Program(std::move(words), options).wait();
}

std::filesystem::path in_build(std::string_view name) {
  return std::filesystem::path(build_dir()) / name;
}

std::set<pid_t> children() {
  std::set<pid_t> found;
  std::ifstream list("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  for (pid_t pid = 0; list >> pid;) {
    siginfo_t ended{};
    const bool is_child =
        ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT) == 0;
    if (is_child && ended.si_pid == 0) found.insert(pid);
  }
  return found;
}

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

}  // namespace rqpp::test
