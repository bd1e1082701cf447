#include "chaos/observers.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "support/paths.h"

namespace rqpp::test {
namespace {

pid_t spawn(std::vector<std::string> words, const std::string& output) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

}  // namespace

Observers::Observers(Arena& arena) : said_in_(arena.folder() + "/observers") {
  const std::filesystem::path source = source_dir();
  for (const char* version : {"3.0.0", "2.12.0"}) {
    const auto python = source / "build/venv" / ("rq-" + std::string(version)) / "bin/python";
    if (!std::filesystem::exists(python)) continue;
    std::vector<std::string> words{python.string(), (source / "tests/chaos/observers.py").string(),
                                   "unix://" + arena.server().settings().unix_path};
    words.insert(words.end(), Arena::queues().begin(), Arena::queues().end());
    pids_.push_back(spawn(std::move(words), said_in_));
  }
}

Observers::~Observers() {
  for (const pid_t pid : pids_) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
}

std::string Observers::stop() {
  for (const pid_t pid : pids_) ::kill(pid, SIGTERM);
  for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
  pids_.clear();
  std::ifstream said(said_in_);
  return {std::istreambuf_iterator<char>(said), {}};
}

}  // namespace rqpp::test
