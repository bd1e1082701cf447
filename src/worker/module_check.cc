#include "worker/module_check.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <fstream>
#include <optional>

#include "tasks/load_module.h"
#include "worker/child_process.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

constexpr std::size_t kMostModules = 200;
constexpr unsigned kLongestSeconds = 30;
constexpr std::size_t kMostReportBytes = 2'048;
constexpr std::size_t kMostFileBytes = std::size_t{16} << 20;

/// One write that fits into the pipe, so a line is never cut by another.
void report(int pipe, std::string text) {
  text.resize(std::min(text.size(), kMostReportBytes));
  std::replace(text.begin(), text.end(), '\n', ' ');
  text += '\n';
  // Who does not read does not want to know.
  [[maybe_unused]] const ssize_t written = ::write(pipe, text.data(), text.size());
}

void drop_output() {
  const base::Fd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!nowhere) return;
  ::dup2(nowhere.get(), STDOUT_FILENO);
  ::dup2(nowhere.get(), STDERR_FILENO);
}

void check(const tasks::ModulePath& path, int pipe) {
  std::vector<std::string> modules = path.list({});
  modules.resize(std::min(modules.size(), kMostModules));
  for (const std::string& module : modules) {
    const std::optional<std::string> file = path.find(module);
    if (!file || !names_its_module(*file, module)) continue;
    try {
      (void)tasks::probe_module(*file, module);  // it may crash
      (void)tasks::fill_table(tasks::open_module(*file, module), module, *file);
    } catch (const Error& error) {
      report(pipe, error.what());
    }
  }
}

[[noreturn]] void run_check(const tasks::ModulePath& path, int pipe, pid_t parent) noexcept {
  ::setpgid(0, 0);  // who reaps it ends what a module has started with it
  reset_signal_actions();
  die_with(parent, SIGKILL);
  const rlimit no_core{};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::setpriority(PRIO_PROCESS, 0, 19);
  ::alarm(kLongestSeconds);
  unblock_signals();
  drop_output();
  try {
    check(path, pipe);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the jobs will say it
  }
  ::_exit(0);
}

}  // namespace

ModuleCheck::ModuleCheck(const tasks::ModulePath& path, pid_t parent) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error("cannot make a pipe: " + base::errno_text(errno));
  }
  reports_.reset(ends[0]);
  base::set_nonblocking(ends[0]);
  const base::Fd writer(ends[1]);
  pid_ = ::fork();
  if (pid_ == 0) run_check(path, writer.get(), parent);
  if (pid_ < 0) {
    reports_.reset();
    throw Error("cannot fork: " + base::errno_text(errno));
  }
  ::setpgid(pid_, pid_);  // whoever comes first
}

std::vector<std::string> ModuleCheck::read() {
  std::array<char, 4'096> room{};
  ssize_t got = 0;
  while ((got = ::read(reports_.get(), room.data(), room.size())) > 0) {
    unfinished_.append(room.data(), static_cast<std::size_t>(got));
  }
  if (got == 0) reports_.reset();
  std::vector<std::string> lines;
  for (std::size_t end = 0; (end = unfinished_.find('\n')) != std::string::npos;) {
    lines.push_back(unfinished_.substr(0, end));
    unfinished_.erase(0, end + 1);
  }
  return lines;
}

std::vector<std::string> ModuleCheck::end(int wait_status) {
  std::vector<std::string> lines = read();
  reports_.reset();
  pid_ = -1;
  if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGALRM) {
    lines.push_back("the modules on the path take more than " + std::to_string(kLongestSeconds) +
                    " s to load: not all of them were tried");
  }
  return lines;
}

bool names_its_module(const std::string& file, const std::string& module) {
  const std::string name = "rqpp_module_" + module.substr(module.rfind('.') + 1);
  std::ifstream stream(file, std::ios::binary);
  std::string window;
  std::array<char, 64 << 10> room{};
  for (std::size_t read = 0; read < kMostFileBytes && stream;) {
    stream.read(room.data(), room.size());
    const auto got = static_cast<std::size_t>(stream.gcount());
    read += got;
    window.append(room.data(), got);
    if (window.find(name) != std::string::npos) return true;
    if (window.size() > name.size()) window.erase(0, window.size() - name.size());
  }
  return false;
}

}  // namespace rqpp::worker
