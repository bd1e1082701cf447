#include "worker/stable_main.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <tuple>

#include "codec/compress.h"
#include "codec/wire_call.h"
#include "worker/child_process.h"
#include "worker/horse_main.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

// One thread around poll(2): orders of the parent come in on one descriptor, deaths on another.
class StableProcess {
 public:
  StableProcess(base::Fd channel, pid_t parent, Repertoire repertoire)
      : parent_(parent), channel_(std::move(channel)), repertoire_(std::move(repertoire)) {}

  void preload(const std::string& module);
  void prepare() const { prepare_for_horses(repertoire_); }
  /// Returns when the parent is gone.
  void serve();
  void kill_all();

 private:
  void watch_signals();
  void obey(const ForkHorse& order);
  void obey(const SignalHorse& order);
  void obey(const Preload& order) { preload(order.module); }
  void hear_signals();
  void reap();
  void bury(pid_t pid);

  pid_t parent_;
  bool parent_lives_ = true;
  Channel<ToStable> channel_;
  base::Fd signals_{};
  Repertoire repertoire_;
  std::map<int, pid_t> horses_{};
};

void StableProcess::preload(const std::string& module) {
  try {
    repertoire_.modules.preload(module);
    repertoire_.known.insert(module);
  } catch (
      const Error&) {  // NOLINT(bugprone-empty-catch): the job that needs it says what is wrong
  }
  flush_streams();  // what the module has printed: or each horse would write the same again
  if (!signals_) return;
  // In case a global object of the module has changed what the stable relies on.
  watch_signals();
  // That dropped a SIGCHLD which came meanwhile: setting the default action does, blocked or not.
  reap();
}

// Nothing that is sent to the stable ends it, nor is it ignored: what a horse inherits are the
// actions that are the default or that a module wants.
void StableProcess::watch_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t heard;
  ::sigemptyset(&heard);
  ::sigaddset(&heard, SIGCHLD);
  ::sigaddset(&heard, SIGTERM);
  signals_.reset(::signalfd(signals_.get(), &heard, SFD_NONBLOCK | SFD_CLOEXEC));
}

void StableProcess::serve() {
  watch_signals();
  // The kernel tells when the parent dies, even if another process holds its end of the channel.
  die_with(parent_, SIGTERM);
  while (parent_lives_) {
    std::array<pollfd, 2> entries{
        pollfd{.fd = channel_.fd(), .events = channel_.events(), .revents = 0},
        pollfd{.fd = signals_.get(), .events = POLLIN, .revents = 0}};
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR) return;
    if (entries[1].revents != 0) hear_signals();
    if (entries[0].revents != 0) {
      const Arrivals<ToStable> arrivals = channel_.read();
      for (const ToStable& frame : arrivals.frames) {
        std::visit([this](const auto& order) { obey(order); }, frame);
      }
      if (arrivals.ended) return;
    }
    if (!channel_.flush()) return;
  }
}

void StableProcess::hear_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    // SIGTERM from anybody else is for the worker's parent to hear, not for the stable.
    if (info.ssi_signo == SIGTERM && ::getppid() != parent_) parent_lives_ = false;
  }
  reap();
}

void StableProcess::obey(const ForkHorse& order) {
  base::Fd ours;
  base::Fd theirs;
  try {
    std::tie(ours, theirs) = socket_pair();
  } catch (const Error& error) {
    channel_.send(ForkFailed{.horse = order.horse, .reason = error.what()});
    return;
  }
  const pid_t stable = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) horse_main(std::move(theirs), stable, repertoire_);
  if (pid < 0) {
    channel_.send(ForkFailed{.horse = order.horse,
                             .reason = fmt::format("cannot fork: {}", base::errno_text(errno))});
    return;
  }
  // The horse does it too: whoever comes first, the group is there before anybody signals it.
  ::setpgid(pid, pid);
  horses_[order.horse] = pid;
  channel_.send(HorseBorn{.horse = order.horse, .pid = pid}, std::move(ours));
}

void StableProcess::obey(const SignalHorse& order) {
  const auto found = horses_.find(order.horse);
  if (found == horses_.end()) return;
  // Not reaped yet, so the number is still that of this horse.
  if (::kill(-found->second, order.signal) != 0) ::kill(found->second, order.signal);
}

void StableProcess::reap() {
  for (;;) {
    siginfo_t info{};
    // Looked at, not reaped: its number must stay taken until its group is gone.
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    bury(info.si_pid);
  }
}

void StableProcess::bury(pid_t pid) {
  ::kill(-pid, SIGKILL);  // what the horse has started and left behind
  int status = 0;
  rusage usage{};
  if (::wait4(pid, &status, 0, &usage) != pid) return;
  const auto microseconds = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  for (auto horse = horses_.begin(); horse != horses_.end(); ++horse) {
    if (horse->second != pid) continue;
    channel_.send(HorseExited{.horse = horse->first,
                              .wait_status = status,
                              .max_rss_kib = usage.ru_maxrss,
                              .user_cpu = microseconds(usage.ru_utime),
                              .system_cpu = microseconds(usage.ru_stime)});
    horses_.erase(horse);
    return;
  }
}

void StableProcess::kill_all() {
  for (const auto& [horse, pid] : horses_) {
    if (::kill(-pid, SIGKILL) != 0) ::kill(pid, SIGKILL);
  }
  for (const auto& [horse, pid] : horses_) ::waitpid(pid, nullptr, 0);
}

Repertoire make_repertoire(const StableOptions& options) {
  Repertoire repertoire{
      .modules = tasks::Modules(tasks::ModulePath(options.module_path), options.modules),
      .rehearsal = codec::deflate(codec::encode_call(
          {.function = "rqpp.rehearsal", .args = {20, "text"}}, Serializer::pickle))};
  for (const tasks::LoadedModule& own : repertoire.modules.loaded()) {
    repertoire.known.insert(own.name);
  }
  return repertoire;
}

void run(base::Fd channel, pid_t parent, const StableOptions& options) {
  StableProcess stable(std::move(channel), parent, make_repertoire(options));
  for (const std::string& module : options.preload) stable.preload(module);
  stable.prepare();
  stable.serve();
  stable.kill_all();
}

}  // namespace

void stable_main(base::Fd channel, pid_t parent, const StableOptions& options) noexcept {
  reset_signal_actions();
  base::Fd kept = keep_only(std::move(channel));
  ::setsid();  // Ctrl-C in the terminal is for the parent
  close_standard_input();
  set_process_name("rqpp-stable");
  try {
    run(std::move(kept), parent, options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rqpp: the stable ends: %s\n", error.what());
    end_process(EXIT_FAILURE);
  }
  end_process(EXIT_SUCCESS);
}

}  // namespace rqpp::worker
