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
#include <utility>
#include <vector>

#include "base/printable.h"
#include "codec/compress.h"
#include "codec/wire_call.h"
#include "sandbox/job_redis.h"
#include "worker/child_process.h"
#include "worker/crash_watch.h"
#include "worker/fewer_mappings.h"
#include "worker/horse_main.h"
#include "worker/huge_pages.h"
#include "worker/inquest.h"
#include "worker/last_words.h"
#include "worker/module_check.h"
#include "worker/out_of_memory.h"
#include "worker/symbolize.h"
#include "worker/throw_points.h"
#include "worker/usage.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

// How long the end of a horse that did its work may stay untold. The parent knows the outcome, so
// it is not woken for this alone: most go out with the birth of the next horse.
constexpr int kTellMs = 20;

void make_forks_cheap() {
  join_mappings();
  gather_memory();
}

// One thread around poll(2): orders of the parent come in on one descriptor, deaths on another.
class StableProcess {
 public:
  StableProcess(base::Fd channel, pid_t parent, const std::vector<const Module*>& own)
      : parent_(parent),
        channel_(std::move(channel), Channel<ToStable>::Descriptors::taken),
        own_(own) {}

  /// Returns when the parent is gone.
  void serve();
  void kill_all();

 private:
  void watch_signals();
  void practise();
  void preload(const std::string& module);
  void obey(const Equip& order);
  void obey(const ForkHorse& order);
  void obey(const SignalHorse& order);
  void obey(const Preload& order) { preload(order.module); }
  void obey(const OpenLane& order);
  void obey(const CloseLane& order) { lanes_.erase(order.lane); }
  Pipes pipes_of(int lane) const;
  void check_modules(const std::vector<std::string>& path);
  void tell_refused(const std::vector<std::string>& reasons);
  void hear_signals();
  void reap();
  void bury(pid_t pid);
  bool memory_ran_out();
  void conclude(HorseExited exited, const LastWordsMemory& words);
  void tell_of_good_ends();

  struct Horse {
    pid_t pid = 0;
    bool killed = false;  // by us
    LastWordsMemory words{};
  };
  /// A horse that crashed, while a process looks up the names in its backtrace.
  struct Inquest {
    HorseExited exited{};
    LastWordsMemory words{};
  };

  pid_t parent_;
  bool parent_lives_ = true;
  Channel<ToStable> channel_;
  std::map<int, std::array<base::Fd, 2>> lanes_{};  // pipes for standard output and error
  base::Fd signals_{};
  const std::vector<const Module*>& own_;
  Repertoire repertoire_{.modules = tasks::Modules(tasks::ModulePath())};
  std::map<int, Horse> horses_{};
  std::map<pid_t, Inquest> inquests_{};   // by the process that holds it
  std::vector<HorseExited> good_ends_{};  // not told yet
  ModuleCheck check_{};
  std::int64_t oom_kills_ = 0;  // on this machine, as last seen
};

void StableProcess::preload(const std::string& module) {
  try {
    repertoire_.modules.preload_for_forks(module);
    repertoire_.known.insert(module);
  } catch (
      const Error&) {  // NOLINT(bugprone-empty-catch): the job that needs it says what is wrong
  }
  ThrowWatch::prepare();
  flush_streams();  // what the module has printed: or each horse would write the same again
  make_forks_cheap();
  repertoire_.born_with = data_bytes_now();
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
    std::array<pollfd, 3> entries{
        pollfd{.fd = channel_.fd(), .events = channel_.events(), .revents = 0},
        pollfd{.fd = signals_.get(), .events = POLLIN, .revents = 0},
        pollfd{.fd = check_.fd(), .events = POLLIN, .revents = 0}};
    const int changed = ::poll(entries.data(), entries.size(), good_ends_.empty() ? -1 : kTellMs);
    if (changed < 0 && errno != EINTR) return;
    if (changed == 0) tell_of_good_ends();
    if (entries[2].revents != 0) tell_refused(check_.read());
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

// What is done here once is done for all horses: libraries bind a function when they first call it,
// which would cost each horse a dozen page faults.
void StableProcess::practise() {
  make_forks_cheap();
  prepare_for_horses(repertoire_);
  repertoire_.born_with = data_bytes_now();
  oom_kills_ = oom_kills_now();
}

void StableProcess::hear_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    // SIGTERM from anybody else is for the worker's parent to hear, not for the stable.
    if (info.ssi_signo == SIGTERM && ::getppid() != parent_) parent_lives_ = false;
  }
  reap();
}

void StableProcess::obey(const Equip& order) {
  sandbox::put_into_environment(order.job_redis);  // before a module can ask
  repertoire_ = {.modules = tasks::Modules(tasks::ModulePath(order.module_path), own_),
                 .rehearsal = codec::deflate(codec::encode_call(
                     {.function = "rqpp.rehearsal", .args = {20, "text"}}, Serializer::pickle)),
                 .limits = order.limits};
  for (const tasks::LoadedModule& own : repertoire_.modules.loaded()) {
    repertoire_.known.insert(own.name);
  }
  for (const std::string& module : order.preload) preload(module);
  practise();
  if (order.check_modules) check_modules(order.module_path);
}

void StableProcess::check_modules(const std::vector<std::string>& path) {
  try {
    check_ = ModuleCheck(tasks::ModulePath(path), ::getpid());
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the jobs will say what is wrong
  }
}

void StableProcess::tell_refused(const std::vector<std::string>& reasons) {
  for (const std::string& why : reasons) channel_.send(ModuleRefused{.why = why});
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
  const Pipes pipes = pipes_of(order.lane);
  LastWordsMemory words = LastWordsMemory::map();
  const pid_t pid = ::fork();
  if (pid == 0) horse_main(std::move(theirs), pipes, stable, words.get(), repertoire_);
  if (pid < 0) {
    channel_.send(ForkFailed{.horse = order.horse,
                             .reason = fmt::format("cannot fork: {}", base::errno_text(errno))});
    return;
  }
  // The horse does it too: whoever comes first, the group is there before anybody signals it.
  ::setpgid(pid, pid);
  words.hide_from_forks();
  horses_.insert_or_assign(order.horse, Horse{.pid = pid, .words = std::move(words)});
  tell_of_good_ends();
  channel_.send(HorseBorn{.horse = order.horse, .pid = pid}, std::move(ours));
}

// The descriptor is lost if this process may open no more.
void StableProcess::obey(const OpenLane& order) {
  lanes_[order.lane].at(static_cast<std::size_t>(order.stream) - 1) = channel_.take_descriptor();
}

Pipes StableProcess::pipes_of(int lane) const {
  const auto found = lanes_.find(lane);
  if (found == lanes_.end() || !found->second[0] || !found->second[1]) return {};
  return {.output = found->second[0].get(), .error = found->second[1].get()};
}

void StableProcess::obey(const SignalHorse& order) {
  const auto found = horses_.find(order.horse);
  if (found == horses_.end()) return;
  // Not reaped yet, so the number is still that of this horse.
  const pid_t pid = found->second.pid;
  found->second.killed = found->second.killed || order.signal == SIGKILL;
  if (::kill(-pid, order.signal) != 0) ::kill(pid, order.signal);
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
  if (pid == check_.pid()) {
    tell_refused(check_.end(status));
    return;
  }
  if (auto inquest = inquests_.extract(pid)) {
    conclude(std::move(inquest.mapped().exited), inquest.mapped().words);
    return;
  }
  for (auto it = horses_.begin(); it != horses_.end(); ++it) {
    if (it->second.pid != pid) continue;
    HorseExited exited{.horse = it->first, .wait_status = status, .usage = to_usage(usage)};
    const bool killed = it->second.killed;
    LastWordsMemory words = std::move(it->second.words);
    horses_.erase(it);
    if (!killed && status == SIGKILL && words && memory_ran_out()) {
      words->say(out_of_memory_text(exited.usage));
    }
    const bool crashed = words && WIFSIGNALED(status) && crash_of(*words.get());
    const pid_t inquest = crashed ? begin_inquest(words, ::getpid()) : -1;
    if (inquest < 0) {
      conclude(std::move(exited), words);
    } else {
      inquests_[inquest] = {.exited = std::move(exited), .words = std::move(words)};
    }
    return;
  }
}

// Whether the kernel has killed a process for want of memory since it was last asked.
bool StableProcess::memory_ran_out() {
  const std::int64_t now = oom_kills_now();
  return now > std::exchange(oom_kills_, now);
}

// The last that is said of a horse.
void StableProcess::conclude(HorseExited exited, const LastWordsMemory& words) {
  if (words) exited.last_words = last_words_of(exited, *words.get(), repertoire_.limits);
  if (exited.wait_status == 0) {
    good_ends_.push_back(std::move(exited));
  } else {
    channel_.send(exited);
  }
}

void StableProcess::tell_of_good_ends() {
  for (const HorseExited& exited : good_ends_) channel_.send(exited);
  good_ends_.clear();
}

void StableProcess::kill_all() {
  for (const auto& [id, horse] : horses_) {
    if (::kill(-horse.pid, SIGKILL) != 0) ::kill(horse.pid, SIGKILL);
  }
  for (const auto& [id, horse] : horses_) ::waitpid(horse.pid, nullptr, 0);
}

void run(base::Fd channel, pid_t parent, const std::vector<const Module*>& own) {
  watch_for_crashes();  // before any module is loaded: what those install stays
  symbol_cache();       // before any horse: all share this one
  StableProcess stable(std::move(channel), parent, own);
  stable.serve();
  stable.kill_all();
}

}  // namespace

void stable_main(base::Fd channel, pid_t parent, const std::vector<const Module*>& own) noexcept {
  reset_signal_actions();
  base::Fd kept = keep_only(std::move(channel));
  ::setsid();  // Ctrl-C in the terminal is for the parent
  close_standard_input();
  set_process_name("rqpp-stable");
  // Jobs write into pipes, and what they write shall be seen line by line.
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  try {
    run(std::move(kept), parent, own);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rqpp: the stable ends: %s\n", base::printable(error.what()).c_str());
    end_process(EXIT_FAILURE);
  }
  end_process(EXIT_SUCCESS);
}

void stable_program(pid_t parent) noexcept { stable_main(base::Fd(kChannelFd), parent, {}); }

}  // namespace rqpp::worker
