#include <rqpp/scheduler.h>

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <limits>
#include <optional>
#include <string_view>

#include "base/fd.h"
#include "base/log.h"
#include "base/notify.h"
#include "protocol/job_record.h"
#include "sandbox/find_redis.h"
#include "scheduler/scheduler.h"

#include <rqpp/error.h>

namespace rqpp {
namespace {

using base::Moment;

base::Log log_of(const SchedulerOptions& options) {
  return base::Log::to_stderr(
      {.level = base::level_of(options.verbosity), .pattern = options.log_format});
}

/// SIGINT and SIGTERM as something to poll for, and as before at the end of its life.
class StopSignals {
 public:
  StopSignals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, &before_);
    fd_ = base::Fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd_) throw Error("cannot make a signalfd: out of descriptors?");
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  int fd() const { return fd_.get(); }
  bool read_any() const {
    signalfd_siginfo info{};
    bool any = false;
    while (::read(fd_.get(), &info, sizeof info) == sizeof info) any = true;
    return any;
  }

 private:
  base::Fd fd_{};
  sigset_t before_{};
};

int milliseconds_until(Moment::Steady next) {
  const Moment::Steady now = std::chrono::steady_clock::now();
  if (next <= now) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
  return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
}

void run(scheduler::Scheduler& scheduler, base::Notify& notify, const base::Log& log) {
  const StopSignals signals;
  bool stopping = false;
  std::vector<pollfd> fds;
  while (!scheduler.finished() && !stopping) {
    const Moment now = base::this_moment();
    notify.tell({.ready = true,
                 .stopping = stopping,
                 .status = fmt::format("schedules {} queues", scheduler.held().size())},
                now.steady);
    fds.clear();
    fds.push_back({.fd = signals.fd(), .events = POLLIN, .revents = 0});
    scheduler.watch(fds);
    const Moment::Steady next = std::min(scheduler.next_step(), notify.next());
    if (poll(fds.data(), fds.size(), milliseconds_until(next)) < 0 && errno != EINTR) {
      throw Error(fmt::format("poll failed with errno {}", errno));
    }
    stopping = signals.read_any();
    scheduler.step(fds, base::this_moment());
  }
  log.info("Scheduler: stops");
  notify.tell({.ready = true, .stopping = true, .status = "stopping"}, base::this_moment().steady);
  scheduler.end();
}

}  // namespace

int run_scheduler(const SchedulerOptions& options) {
  if (options.queues.empty()) throw InvalidArgument("a scheduler needs at least one queue");
  for (const std::string& queue : options.queues) protocol::check_queue_name(queue);
  const base::Log log = log_of(options);
  try {
    base::Notify notify = base::Notify::take_from_environment(log);
    std::optional<std::string_view> url;
    if (!options.redis_url.empty()) url = options.redis_url;
    const redis::Settings settings =
        sandbox::find_redis(url, redis::process_environment(),
                            [&log](std::string_view notice) { log.warning(notice); });
    redis::Connection(settings).run(redis::Batch{}.add("PING"));
    scheduler::Scheduler scheduler({.queues = options.queues}, settings, log);
    log.info(fmt::format("Scheduler: started with PID {}", ::getpid()));
    run(scheduler, notify, log);
    return 0;
  } catch (const Error& error) {
    log.error(error.what());
    return 1;
  }
}

}  // namespace rqpp
