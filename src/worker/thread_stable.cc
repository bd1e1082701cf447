#include "worker/thread_stable.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>

#include "sandbox/job_redis.h"
#include "worker/job_loop.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLastJobs{2};

/// What a horse and its stable share. It outlives a horse that was left to itself.
struct Life {
  detail::StopFlag stop{};         // the running job shall end
  std::atomic<bool> ended{false};  // and the bell has been rung
  std::shared_ptr<const base::Fd> bell{};
};

class ThreadHorse final : public JobLoop {
 public:
  using JobLoop::JobLoop;

 protected:
  void before(const Assignment&) override {}
  void after() override {}
  // It goes where the program's own goes.
  bool has_unread_output() const override { return false; }
  bool hears_stops() const override { return true; }
  void say_unheard() override {}
  void leave_by_unwinding() override {}
};

Repertoire repertoire_of(const StableOptions& options) {
  Repertoire repertoire{.modules = tasks::Modules(tasks::ModulePath(options.module_path),
                                                  options.modules, tasks::Loading::direct),
                        .counted = Counted::thread};
  for (const tasks::LoadedModule& own : repertoire.modules.loaded()) {
    repertoire.known.insert(own.name);
  }
  return repertoire;
}

/// Also where a task ends its thread.
class RingAtEnd {
 public:
  explicit RingAtEnd(Life& life) : life_(life) {}
  RingAtEnd(const RingAtEnd&) = delete;
  RingAtEnd& operator=(const RingAtEnd&) = delete;
  ~RingAtEnd() {
    life_.ended.store(true, std::memory_order_release);
    const std::uint64_t once = 1;
    (void)!::write(life_.bell->get(), &once, sizeof once);
  }

 private:
  Life& life_;
};

void live(const std::shared_ptr<Life>& life, base::Fd socket, const StableOptions& options) {
  const RingAtEnd at_end(*life);
  ParentChannel parent(std::move(socket), ParentChannel::Descriptors::taken);
  const sandbox::DefaultUrl of_jobs(options.job_redis.url);
  try {
    Repertoire repertoire = repertoire_of(options);
    ThreadHorse(parent, repertoire, life->stop).run();
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): its end is reported
  }
}

class ThreadStable {
 public:
  ThreadStable(base::Fd channel, const StableOptions& options)
      : channel_(std::move(channel), Channel<ToStable>::Descriptors::taken),
        options_(std::make_shared<StableOptions>(options)),
        bell_(std::make_shared<base::Fd>(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {}

  void serve();
  void wait_for_the_last();

 private:
  struct Horse {
    std::thread thread{};
    std::shared_ptr<Life> life{};
  };

  void obey(const ForkHorse& order);
  void obey(const SignalHorse& order);
  // A module is loaded by each horse that needs it: in one process that costs nothing more.
  void obey(const Equip&) {}
  void obey(const Preload&) {}
  void obey(const OpenLane&) {}
  void obey(const CloseLane&) {}
  void start(int horse, base::Fd socket);
  void part_with(int horse, const HorseExited& exited);
  void bury_the_ended();
  bool wait(std::chrono::milliseconds most);

  Channel<ToStable> channel_;
  std::shared_ptr<const StableOptions> options_;  // horses that are left to themselves keep it
  std::shared_ptr<const base::Fd> bell_;          // and this
  std::map<int, Horse> horses_{};
};

// Rings when a horse has ended. False if nothing came in.
bool ThreadStable::wait(std::chrono::milliseconds most) {
  std::array<pollfd, 2> entries{
      pollfd{.fd = bell_->get(), .events = POLLIN, .revents = 0},
      pollfd{.fd = channel_.fd(), .events = channel_.events(), .revents = 0}};
  const int changed =
      ::poll(entries.data(), channel_.is_open() ? 2 : 1, static_cast<int>(most.count()));
  if (entries[0].revents != 0) bury_the_ended();
  return changed > 0 && entries[1].revents != 0;
}

void ThreadStable::serve() {
  while (bell_->get() >= 0) {
    if (wait(FrameStream::kForEver)) {
      const Arrivals<ToStable> arrivals = channel_.read();
      for (const ToStable& frame : arrivals.frames) {
        std::visit([this](const auto& order) { obey(order); }, frame);
      }
      if (arrivals.ended) return;
    }
    if (!channel_.flush()) return;
  }
}

void ThreadStable::start(int horse, base::Fd socket) {
  auto life = std::make_shared<Life>();
  life->bell = bell_;
  std::thread thread([life, options = options_, socket = std::move(socket)]() mutable {
    live(life, std::move(socket), *options);
  });
  horses_[horse] = {.thread = std::move(thread), .life = std::move(life)};
}

void ThreadStable::obey(const ForkHorse& order) {
  try {
    auto [ours, theirs] = socket_pair();
    start(order.horse, std::move(theirs));
    channel_.send(HorseBorn{.horse = order.horse, .pid = ::getpid()}, std::move(ours));
  } catch (const std::exception& error) {  // std::system_error of a thread, too
    channel_.send(ForkFailed{.horse = order.horse, .reason = error.what()});
  }
}

void ThreadStable::obey(const SignalHorse& order) {
  const auto found = horses_.find(order.horse);
  if (found == horses_.end()) return;
  found->second.life->stop.request();
  if (order.signal != SIGKILL) return;
  part_with(order.horse,
            {.horse = order.horse,
             .wait_status = SIGKILL,
             .last_words = "It did not end when it was asked to (stop_requested), and a thread "
                           "cannot be killed: it goes on, and nobody hears of it.\n"});
}

void ThreadStable::part_with(int horse, const HorseExited& exited) {
  Horse parted = std::move(horses_.extract(horse).mapped());
  if (parted.life->ended.load(std::memory_order_acquire)) {
    parted.thread.join();
  } else {
    parted.thread.detach();
  }
  channel_.send(exited);
}

void ThreadStable::bury_the_ended() {
  std::uint64_t rings = 0;
  (void)!::read(bell_->get(), &rings, sizeof rings);
  for (auto it = horses_.begin(); it != horses_.end();) {
    const auto& [horse, its] = *it++;
    if (its.life->ended.load(std::memory_order_acquire)) part_with(horse, {.horse = horse});
  }
}

// Their channels are closed: those without a job end at once.
void ThreadStable::wait_for_the_last() {
  channel_.close();
  for (const auto& [horse, its] : horses_) its.life->stop.request();
  const auto until = Clock::now() + kLastJobs;
  while (!horses_.empty()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0) break;
    wait(left);
  }
  for (auto& [horse, its] : horses_) its.thread.detach();
}

}  // namespace

void thread_stable(base::Fd channel, const StableOptions& options) noexcept {
  ThreadStable stable(std::move(channel), options);
  stable.serve();
  stable.wait_for_the_last();
}

}  // namespace rqpp::worker
