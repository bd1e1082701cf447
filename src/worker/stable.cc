#include "worker/stable.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <utility>

#include "base/companion.h"
#include "base/private_process.h"
#include "redis/secrets.h"
#include "worker/child_process.h"
#include "worker/stable_main.h"
#include "worker/thread_stable.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

constexpr std::chrono::seconds kLastHorses{2};

/// What the stable may become, see Stable::start; nothing if it is not there.
std::string stable_program_of(const StableOptions& options) {
  if (!options.modules.empty()) return {};
  std::string file = base::companion_path("rqpp-stable");
  return ::access(file.c_str(), X_OK) == 0 ? file : std::string();
}

}  // namespace

Stable Stable::start_thread(const StableOptions& options) {
  auto [ours, theirs] = socket_pair();
  Stable stable(-1, std::move(ours));
  stable.thread_ = std::thread(
      [options, end = std::move(theirs)]() mutable { thread_stable(std::move(end), options); });
  return stable;
}

Stable Stable::start(const StableOptions& options) {
  if (options.horses == StableOptions::Horses::threads) return start_thread(options);
  Stable stable = split_off(options);
  stable.equip(options);
  return stable;
}

void Stable::equip(const StableOptions& options) {
  channel_.send(Equip{.module_path = options.module_path,
                      .preload = options.preload,
                      .limits = options.limits,
                      .job_redis = options.job_redis,
                      .check_modules = options.check_modules});
  flush();
}

Stable Stable::split_off(const StableOptions& options) {
  // What jobs print goes to 1 and 2; no connection may ever have these numbers.
  open_missing_streams();
  auto [ours, theirs] = socket_pair();
  flush_streams();  // or the stable would write the same again
  const pid_t parent = ::getpid();
  const std::string parent_text = std::to_string(parent);
  const std::string program = stable_program_of(options);
  const auto secrets = redis::secret_variables(redis::process_environment());
  const base::Environment environment(secrets);
  pid_t pid = -1;
  int problem = 0;
  {
    const SignalsBlocked blocked;
    pid = ::fork();
    problem = errno;
    if (pid == 0) {
      ours.reset();
      if (!program.empty()) {
        theirs = become(program.c_str(), "rqpp-stable", parent_text.c_str(), environment,
                        std::move(theirs));
      }
      base::wipe_variables(secrets);
      base::end_privacy();
      stable_main(std::move(theirs), parent, options.modules);
    }
  }
  if (pid < 0) {
    throw Error(fmt::format("cannot fork the stable: {}", base::errno_text(problem)));
  }
  return {pid, std::move(ours)};
}

Stable::Stable(pid_t pid, base::Fd socket)
    : pid_(pid), channel_(std::move(socket), Channel<FromStable>::Descriptors::taken) {}

Stable::Stable(Stable&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      thread_(std::move(other.thread_)),
      channel_(std::move(other.channel_)),
      horses_(std::move(other.horses_)),
      lanes_(std::move(other.lanes_)),
      preloads_(std::move(other.preloads_)) {}

Stable& Stable::operator=(Stable&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid_ = std::exchange(other.pid_, -1);
  thread_ = std::move(other.thread_);
  channel_ = std::move(other.channel_);
  horses_ = std::move(other.horses_);
  lanes_ = std::move(other.lanes_);
  preloads_ = std::move(other.preloads_);
  return *this;
}

Stable::~Stable() { end(); }

void Stable::fork_horse(int horse, int lane, std::array<int, 2> pipes) {
  if (lane != 0 && !lanes_.contains(lane)) {
    std::array<base::Fd, 2> copies;
    for (std::size_t i = 0; i < copies.size(); ++i) {
      copies[i].reset(::fcntl(pipes[i], F_DUPFD_CLOEXEC, 0));
    }
    if (!copies[0] || !copies[1]) {
      lane = 0;  // descriptors have run out
    } else {
      channel_.send(OpenLane{.lane = lane, .stream = STDOUT_FILENO}, std::move(copies[0]));
      channel_.send(OpenLane{.lane = lane, .stream = STDERR_FILENO}, std::move(copies[1]));
      lanes_.insert(lane);
    }
  }
  channel_.send(ForkHorse{.horse = horse, .lane = lane});
}

void Stable::preload(std::string_view module) {
  if (preloads_.size() >= kMostPreloads || preloads_.contains(module)) return;
  preloads_.emplace(module);
  channel_.send(Preload{.module = std::string(module)});
}

void Stable::close_lane(int lane) {
  if (lanes_.erase(lane) != 0) channel_.send(CloseLane{.lane = lane});
}

std::vector<Stable::Report> Stable::step(short revents) {
  std::vector<Report> reports;
  if (!channel_.is_open()) return reports;
  bool ended = false;
  std::string trouble;
  if ((revents & ~POLLOUT) != 0) {
    Arrivals<FromStable> arrivals = channel_.read();
    for (FromStable& frame : arrivals.frames) report(std::move(frame), reports);
    ended = arrivals.ended;
    trouble = std::move(arrivals.trouble);
  }
  if (!ended) {
    channel_.flush();
    return reports;
  }
  const std::string how = end();
  reports.emplace_back(Gone{.why = trouble.empty() ? how : trouble});
  return reports;
}

void Stable::report(FromStable frame, std::vector<Report>& reports) {
  if (const auto* born = std::get_if<HorseBorn>(&frame)) {
    horses_[born->horse] = born->pid;
    base::Fd socket = channel_.take_descriptor();
    if (socket) {
      reports.emplace_back(
          Born{.horse = born->horse, .pid = born->pid, .socket = std::move(socket)});
    } else {
      // Nobody will ever hear from it; its exit comes as that of a horse that never was.
      signal_horse(born->horse, SIGKILL);
      reports.emplace_back(
          ForkFailed{.horse = born->horse,
                     .reason = "the worker may open no more files: raise its limit (ulimit -n)"});
    }
  } else if (const auto* exited = std::get_if<HorseExited>(&frame)) {
    horses_.erase(exited->horse);
    reports.emplace_back(*exited);
  } else if (auto* failed = std::get_if<ForkFailed>(&frame)) {
    reports.emplace_back(std::move(*failed));
  } else if (auto* refused = std::get_if<ModuleRefused>(&frame)) {
    reports.emplace_back(std::move(*refused));
  }
}

// True once the other end of the channel is closed, which is when the stable has ended.
bool Stable::hear_the_end() const noexcept {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + kLastHorses;
  std::array<char, 4096> unread{};
  for (;;) {
    const ssize_t count = ::recv(channel_.fd(), unread.data(), unread.size(), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno == ECONNRESET)) return true;
    if (count > 0) continue;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd entry{.fd = channel_.fd(), .events = POLLIN, .revents = 0};
    ::poll(&entry, 1, static_cast<int>(left.count()));
  }
}

// Returns how the stable ended.
std::string Stable::end() noexcept {
  if (thread_.joinable()) {
    channel_.close();
    thread_.join();
    return "it ended";
  }
  if (pid_ < 0) return {};
  if (channel_.is_open()) ::shutdown(channel_.fd(), SHUT_WR);
  if (!channel_.is_open() || !hear_the_end()) ::kill(pid_, SIGKILL);
  int status = -1;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  channel_.close();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "it ended";
  // It could not clean up. The kernel kills the horses, but not what they have started.
  for (const auto& [horse, pid] : horses_) ::kill(-pid, SIGKILL);
  horses_.clear();
  return WIFSIGNALED(status) ? "it was killed by signal " + std::to_string(WTERMSIG(status))
                             : "it failed; see its message on standard error";
}

}  // namespace rqpp::worker
