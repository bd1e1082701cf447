#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "base/fd.h"
#include "worker/channel.h"
#include "worker/frames.h"
#include "worker/job_limits.h"

#include <rqpp/detail/module_abi.h>

namespace rqpp::worker {

struct StableOptions {
  enum class Horses : std::uint8_t {
    processes,
    threads,  ///< Of this program, see thread_stable.h.
  };

  std::vector<std::string> module_path{};  ///< Directories where modules are looked up.
  std::vector<const Module*> modules{};    ///< Of this program itself; constants.
  std::vector<std::string> preload{};      ///< Names of modules to load at once.
  JobLimits limits{};                      ///< None for threads.
  sandbox::JobRedis job_redis{};           ///< For the queues that jobs make.
  Horses horses = Horses::processes;
  bool check_modules = false;  ///< Report modules on the path that cannot be loaded; no threads.
};

/// The process that loads user modules and forks the horses, seen from the parent: a client that
/// asks and, whenever poll(2) says so, takes reports. The stable is split off before the parent
/// opens a connection or starts a thread, so a horse inherits nothing of either.
///
/// Where horses are threads the stable is one as well, and what is said of processes does not hold.
///
/// The stable ends together with the parent, however that ends, and takes all horses and what they
/// started with it. Should the stable itself be killed, its horses die too.
class Stable {
 public:
  static constexpr std::size_t kMostPreloads = 256;

  struct Born {
    int horse = 0;
    pid_t pid = 0;
    base::Fd socket{};  ///< Becomes a HorseChannel.
  };
  /// The stable is gone, and all horses with it; there is no report about each of them. What they
  /// sent before can still be read from their channels (`read_rest`).
  struct Gone {
    std::string why{};
  };
  using Report = std::variant<Born, HorseExited, ForkFailed, ModuleRefused, Gone>;

  /// Forks the stable, which goes on as a small program of its own (src/stable): its memory is in
  /// nobody's way, so its forks are cheap, and horses get nothing of the parent's, no password of
  /// Redis either. A program with modules of its own, whose code is wanted, is forked as it is, and
  /// so is one that does not find the small one; what may hold a password is taken out of its
  /// environment. Call it while the program has one thread. Throws Error.
  static Stable start(const StableOptions& options);
  /// The same in two steps, for who knows where Redis is only after the first: it does nothing
  /// before it is equipped.
  static Stable split_off(const StableOptions& options);
  void equip(const StableOptions& options);
  Stable(Stable&& other) noexcept;
  Stable& operator=(Stable&& other) noexcept;
  /// Ends the stable and its horses (SIGKILL) and waits for that, 2 s at most, before it kills the
  /// stable.
  ~Stable();

  pid_t pid() const noexcept { return pid_; }
  /// For poll(2); -1 once the stable is gone.
  int fd() const noexcept { return channel_.fd(); }
  short events() const noexcept { return channel_.events(); }

  // These are queued and leave with `flush` or `step`.
  void fork_horse(int horse) { channel_.send(ForkHorse{.horse = horse}); }
  /// What the horse writes goes into these pipes, for standard output and error. They are copied
  /// when a lane is used for the first time, and stay the same for it.
  void fork_horse(int horse, int lane, std::array<int, 2> pipes);
  void close_lane(int lane);
  /// To the horse's whole process group. Nothing happens if the horse has ended.
  void signal_horse(int horse, int signal) {
    channel_.send(SignalHorse{.horse = horse, .signal = signal});
  }
  /// A module that cannot be loaded is no error here: the job that needs it says why. Each is asked
  /// for once, and of what horses name no more than kMostPreloads.
  void preload(std::string_view module);
  void flush() { channel_.flush(); }

  /// Does what poll(2) found possible: `revents` as it came. Gone is the last report ever.
  ///
  /// A horse's frames and its HorseExited come on different sockets: read the channel to its end
  /// (`read_rest`) before judging the exit, the outcome may stand there.
  std::vector<Report> step(short revents);

 private:
  Stable(pid_t pid, base::Fd socket);
  static Stable start_thread(const StableOptions& options);
  std::string end() noexcept;
  bool hear_the_end() const noexcept;
  void report(FromStable frame, std::vector<Report>& reports);

  pid_t pid_ = -1;        // of a process
  std::thread thread_{};  // or this one
  Channel<FromStable> channel_{};
  std::map<int, pid_t> horses_{};
  std::set<int> lanes_{};                          // those that the stable has been told of
  std::set<std::string, std::less<>> preloads_{};  // the same of modules
};

}  // namespace rqpp::worker
