#include <rqpp/scheduler.h>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/log.h"
#include "base/notify.h"
#include "base/private_process.h"
#include "protocol/job_record.h"
#include "sandbox/find_redis.h"
#include "scheduler/scheduler.h"
#include "scheduler/start_check.h"
#include "scheduler/stop_signals.h"

#include <rqpp/error.h>

namespace rqpp {
namespace {

using base::Moment;

void run(scheduler::Scheduler& scheduler, base::Notify& notify, const base::Log& log) {
  const scheduler::StopSignals signals;
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
    if (poll(fds.data(), fds.size(), scheduler::milliseconds_until(next)) < 0 && errno != EINTR) {
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
  const base::Log log = base::Log::to_stderr(options.verbosity, options.log_format);
  const std::string_view no_private = sandbox::why_no_private_server(redis::process_environment());
  const base::PrivateProcess keeps_the_password;  // from jobs of this user
  try {
    base::Notify notify = base::Notify::take_from_environment(log);
    const redis::Settings settings = sandbox::find_redis(
        options.url, [&log](std::string_view notice) { log.warning(notice); }, no_private);
    redis::Connection connection(settings);
    constexpr std::array kRoles{protocol::Role::scheduler};
    scheduler::check_start(connection, kRoles, log);
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
