// A pool is a parent that only forks and waits: no connection, no thread, no module. Each worker is
// a process of its own that runs run_worker(), so that whatever ends it leaves the others alone.

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/private_process.h"
#include "redis/backoff.h"
#include "worker/init_process.h"

#include <rqpp/error.h>
#include <rqpp/worker.h>

namespace rqpp {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kBetweenStarts = 1s;  // a worker that dies at once is replaced as rarely as in RQ
/// One that ends by itself at its start meets the same the next time, for a while.
constexpr redis::Backoff kAfterRefusals{.first = 1s, .cap = 10s};
constexpr auto kStart = 5s;
constexpr int kWrongOptions = 2;

std::string end_of(int wait_status) {
  if (!WIFSIGNALED(wait_status)) {
    return fmt::format("has ended with exit code {}", WEXITSTATUS(wait_status));
  }
  const char* words = ::sigdescr_np(WTERMSIG(wait_status));
  return fmt::format("was ended by signal {} ({})", WTERMSIG(wait_status),
                     words != nullptr ? words : "unknown");
}

/// The signals that a pool lives on, blocked for as long as it does.
class PoolSignals {
 public:
  PoolSignals() {
    sigemptyset(&taken_);
    for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&taken_, each);
    pthread_sigmask(SIG_BLOCK, &taken_, &before_);
  }
  PoolSignals(const PoolSignals&) = delete;
  PoolSignals& operator=(const PoolSignals&) = delete;
  ~PoolSignals() { release(); }

  /// Signals are as they were.
  void release() const { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  /// The same for a child, but for SIGHUP: it waits until the worker takes it.
  void release_in_child() const {
    sigset_t mask = before_;
    sigaddset(&mask, SIGHUP);
    pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  }

  /// The next signal, or 0 at the moment `until`; without one it waits for ever.
  int wait(std::optional<Clock::time_point> until) const {
    if (!until) return std::max(0, ::sigwaitinfo(&taken_, nullptr));
    const auto left = std::max(std::chrono::nanoseconds{*until - Clock::now()}, 0ns);
    timespec time{};
    time.tv_sec = static_cast<time_t>(left / 1s);
    time.tv_nsec = static_cast<long>((left % 1s).count());
    return std::max(0, ::sigtimedwait(&taken_, nullptr, &time));
  }

 private:
  sigset_t taken_{};
  sigset_t before_{};
};

class Pool {
 public:
  Pool(const PoolOptions& options, base::Log log)
      : options_(options),
        log_(std::move(log)),
        notify_(base::Notify::take_from_environment(log_)) {}

  int run();

 private:
  void start_missing();
  void start_worker();
  [[noreturn]] void become_worker(const WorkerOptions& options, pid_t parent) const;
  void reap();
  void bury(pid_t pid, int status);
  void wait_longer();
  void stop();
  void reload();
  void notify();
  std::optional<Clock::time_point> next_step() const;

  std::size_t missing() const {
    return static_cast<std::size_t>(options_.workers) - workers_.size();
  }
  bool replaces() const { return !stopping_ && !options_.worker.burst; }

  const PoolOptions& options_;
  base::Log log_;
  base::Notify notify_;
  PoolSignals signals_{};
  std::map<pid_t, std::string> workers_{};  // their names
  Clock::time_point next_start_ = Clock::now();
  Clock::time_point last_start_ = Clock::now();
  int refusals_ = 0;  // at starts, one after the other
  bool stopping_ = false;
  int exit_code_ = 0;
};

int Pool::run() {
  log_.info(
      fmt::format("Worker pool: started with PID {}, {} workers", ::getpid(), options_.workers));
  start_missing();
  while (!workers_.empty() || replaces()) {
    notify();
    const int signal = signals_.wait(next_step());
    if (signal == SIGINT || signal == SIGTERM) stop();
    if (signal == SIGHUP) reload();
    reap();
    if (replaces() && Clock::now() >= next_start_) start_missing();
  }
  log_.info("Worker pool: all workers have ended");
  return exit_code_;
}

/// When there is something to do, whatever happens.
std::optional<Clock::time_point> Pool::next_step() const {
  Clock::time_point next = notify_.next();
  if (replaces() && missing() > 0) next = std::min(next, next_start_);
  if (next == Clock::time_point::max()) return std::nullopt;
  return next;
}

void Pool::notify() {
  notify_.tell({.ready = true,
                .stopping = stopping_,
                .status = fmt::format("{}{} of {} workers", stopping_ ? "stopping; " : "",
                                      workers_.size(), options_.workers)},
               Clock::now());
}

void Pool::start_missing() {
  if (missing() == 0) return;
  for (std::size_t i = missing(); i > 0; --i) start_worker();
  last_start_ = Clock::now();
  next_start_ = last_start_ + kBetweenStarts;
}

void Pool::start_worker() {
  WorkerOptions options = options_.worker;
  options.name = base::new_uuid_hex();
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    log_.error(fmt::format("Worker pool: cannot fork a worker: {}", base::errno_text(errno)));
    return;  // tried again in a second
  }
  if (pid == 0) become_worker(options, parent);
  log_.debug(fmt::format("Worker pool: started worker {} with PID {}", options.name, pid));
  workers_.emplace(pid, std::move(options.name));
}

void Pool::become_worker(const WorkerOptions& options, pid_t parent) const {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  signals_.release_in_child();
  if (::getppid() != parent) ::_exit(1);  // it was gone before the signal was asked for
  int code = 1;
  try {
    code = run_worker(options);
  } catch (const InvalidArgument& error) {
    log_.error(error.what());
    code = kWrongOptions;
  } catch (const std::exception& error) {
    log_.error(error.what());
  }
  ::_exit(code);
}

void Pool::reap() {
  std::vector<std::pair<pid_t, int>> ended;
  for (const auto& [pid, name] : workers_) {  // one by one: other children are not ours to reap
    int status = 0;
    const pid_t found = ::waitpid(pid, &status, WNOHANG);
    // Where SIGCHLD is ignored, the kernel keeps no word of how it ended.
    if (found == pid || (found < 0 && errno == ECHILD)) ended.emplace_back(pid, status);
  }
  for (const auto& [pid, status] : ended) bury(pid, status);
}

void Pool::bury(pid_t pid, int status) {
  // One that was about to end, or to begin, does not catch our signal any more, or yet.
  const bool by_us = stopping_ && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT;
  const bool good = by_us || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
  const std::string line =
      fmt::format("Worker pool: worker {} with PID {} {}", workers_.at(pid), pid, end_of(status));
  if (good || stopping_) {
    log_.info(line);
  } else {
    log_.warning(line);
  }
  workers_.erase(pid);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kWrongOptions) {
    exit_code_ = kWrongOptions;  // the next one would say the same
    if (!stopping_) stop();
  } else if (!good && !replaces() && exit_code_ == 0) {
    exit_code_ = 1;
  } else if (!good && WIFEXITED(status) && Clock::now() - last_start_ < kStart) {
    wait_longer();
  } else {
    refusals_ = 0;
  }
}

/// Once for all workers of a start.
void Pool::wait_longer() {
  if (next_start_ > last_start_ + kBetweenStarts) return;
  refusals_ += 1;
  next_start_ = last_start_ + kAfterRefusals.wait(refusals_, 1.0);
}

void Pool::stop() {
  log_.warning(fmt::format("Worker pool: {} shut down requested", stopping_ ? "cold" : "warm"));
  stopping_ = true;
  // In a terminal, Ctrl-C has told them already. As in RQ, a worker takes two signals within a
  // second for one.
  for (const auto& [pid, name] : workers_) ::kill(pid, SIGINT);
  notify();
}

void Pool::reload() {
  log_.info("Worker pool: the workers are told to load modules anew");
  notify_.tell_of_reload(Clock::now());
  for (const auto& [pid, name] : workers_) ::kill(pid, SIGHUP);
}

}  // namespace

int run_worker_pool(const PoolOptions& options) {
  worker::go_on_below_init();
  if (options.workers < 1 || options.workers > 1000) {
    throw InvalidArgument(fmt::format("workers is {}: use 1 to 1000", options.workers));
  }
  if (!options.worker.name.empty()) {
    throw InvalidArgument(fmt::format(
        "the workers of a pool cannot share the name '{}': leave it empty", options.worker.name));
  }
  const base::PrivateProcess keeps_the_password;
  return Pool(options, base::Log::to_stderr(options.worker.verbosity, options.worker.log_format))
      .run();
}

}  // namespace rqpp
