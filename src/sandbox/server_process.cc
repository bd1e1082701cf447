#include "sandbox/server_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <fstream>
#include <thread>

#include "redis/connection.h"
#include "rqpp/error.h"

namespace rqpp::sandbox {
namespace {

constexpr int kKeptDescriptor = 3;
constexpr int kReportDescriptor = 4;

// What the started process tells on its pipe before it is replaced; the pipe closes at exec.
struct Report {
  pid_t pid = 0;
  int error_number = 0;
};

// From here to exec only calls that are safe after fork in a program with threads.
[[noreturn]] void fail_in_child(int report, int error_number) {
  const Report told{::getpid(), error_number};
  [[maybe_unused]] const ssize_t ignored = ::write(report, &told, sizeof told);
  ::_exit(127);
}

// Brings a descriptor to a fixed number above the standard three, out of the way of the other.
int move_descriptor(int from, int to) {
  if (from == to) return from;
  return ::dup2(from, to);
}

void arrange_descriptors(const Program& program, int report) {
  const int null = ::open("/dev/null", O_RDWR);
  for (int standard = 0; standard < 3; ++standard) ::dup2(null, standard);
  // Above both targets first, so that neither move overwrites the other's source.
  const int safe_report = ::fcntl(report, F_DUPFD, kReportDescriptor + 1);
  if (program.kept_descriptor >= 0) {
    const int safe_kept = ::fcntl(program.kept_descriptor, F_DUPFD, kReportDescriptor + 1);
    move_descriptor(safe_kept, kKeptDescriptor);
  } else {
    ::close(kKeptDescriptor);
  }
  move_descriptor(safe_report, kReportDescriptor);
  ::close_range(kReportDescriptor + 1, ~0U, 0);
  ::fcntl(kReportDescriptor, F_SETFD, FD_CLOEXEC);
}

[[noreturn]] void become(const Program& program, char* const* arguments, pid_t parent, int report) {
  arrange_descriptors(program, report);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::umask(077);
  if (program.tie == Tie::owned) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // the parent was gone before the signal was asked for
  }
  const Report told{::getpid(), 0};
  if (::write(kReportDescriptor, &told, sizeof told) != sizeof told) ::_exit(127);
  ::execv(program.path.c_str(), arguments);
  fail_in_child(kReportDescriptor, errno);
}

// The last report counts: the first names the process, a second one says why exec failed.
Report read_report(int pipe) {
  Report report;
  Report next;
  while (true) {
    const ssize_t size = ::read(pipe, &next, sizeof next);
    if (size < 0 && errno == EINTR) continue;
    if (size != sizeof next) return report;
    report = next;
  }
}

void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string last_lines(const std::filesystem::path& log) {
  constexpr std::size_t kLines = 5;
  std::deque<std::string> lines;
  std::ifstream file(log);
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
    if (lines.size() > kLines) lines.pop_front();
  }
  std::string text;
  for (const std::string& line : lines) text.append("\n  ").append(line);
  return text;
}

base::Fd open_lock(const std::filesystem::path& file) {
  base::Fd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) {
    throw Error(fmt::format("cannot open '{}': {}.", file.string(), base::errno_text(errno)));
  }
  return lock;
}

}  // namespace

pid_t spawn(const Program& program) {
  std::vector<std::string> words{program.path.string()};
  words.insert(words.end(), program.arguments.begin(), program.arguments.end());
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error(fmt::format("cannot make a pipe: {}.", base::errno_text(errno)));
  }
  const base::Fd reading(ends[0]);
  base::Fd writing(ends[1]);
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw Error(fmt::format("cannot fork: {}.", base::errno_text(errno)));
  if (child == 0) {
    if (program.tie == Tie::detached) {
      ::setsid();
      // The grandchild is adopted by init, so that nobody needs to reap it.
      const pid_t grandchild = ::fork();
      if (grandchild != 0) ::_exit(grandchild < 0 ? 127 : 0);
    }
    become(program, arguments.data(), self, writing.get());
  }
  writing.reset();
  if (program.tie == Tie::detached) reap(child);
  const Report report = read_report(reading.get());
  if (report.pid > 0 && report.error_number == 0) return report.pid;
  if (program.tie == Tie::owned) reap(child);
  throw Error(fmt::format(
      "cannot start '{}': {}.", program.path.string(),
      report.pid > 0 ? base::errno_text(report.error_number) : std::string("no process came up")));
}

std::filesystem::path find_server_program(std::string_view search_path) {
  while (!search_path.empty()) {
    const std::size_t end = std::min(search_path.find(':'), search_path.size());
    const std::filesystem::path folder(search_path.substr(0, end));
    search_path.remove_prefix(std::min(end + 1, search_path.size()));
    if (folder.empty()) continue;
    for (const char* name : {"redis-server", "valkey-server"}) {
      std::filesystem::path program = folder / name;
      std::error_code ignored;
      if (std::filesystem::is_regular_file(program, ignored) &&
          ::access(program.c_str(), X_OK) == 0) {
        return program;
      }
    }
  }
  throw Error(
      "no redis-server or valkey-server is installed. Install one (apt install redis-server) or "
      "set "
      "RQ_REDIS_URL to a server of yours.");
}

void await_server(const redis::Settings& settings, const std::function<bool()>& alive,
                  const std::filesystem::path& log, std::chrono::seconds patience) {
  constexpr std::chrono::milliseconds kBetweenLooks{5};
  const auto until = std::chrono::steady_clock::now() + patience;
  redis::Connection connection(settings);
  redis::Batch ping;
  ping.add("PING");
  std::string last;
  while (alive()) {
    try {
      connection.run(ping);
      return;
    } catch (const Error& error) {
      last = error.what();
    }
    if (std::chrono::steady_clock::now() >= until) break;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  const std::string lines = last_lines(log);
  throw Error(fmt::format("the private Redis server did not come up. {}",
                          lines.empty() ? last : "Its log ends with:" + lines));
}

base::Fd try_lock(const std::filesystem::path& file) {
  base::Fd lock = open_lock(file);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return base::Fd();
  throw Error(fmt::format("cannot lock '{}': {}.", file.string(), base::errno_text(errno)));
}

base::Fd wait_for_lock(const std::filesystem::path& file) {
  base::Fd lock = open_lock(file);
  while (::flock(lock.get(), LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    throw Error(fmt::format("cannot lock '{}': {}.", file.string(), base::errno_text(errno)));
  }
  return lock;
}

}  // namespace rqpp::sandbox
