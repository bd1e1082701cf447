#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/notify.h"
#include "sandbox/find_redis.h"
#include "scheduler/scheduler.h"
#include "worker/stable.h"
#include "worker/worker_options.h"

#include <rqpp/error.h>
#include <rqpp/worker.h>

namespace rqpp {

int run_worker(const WorkerOptions& options) {
  worker::check(options);
  const base::Log log = base::Log::to_stderr(options.verbosity, options.log_format);
  try {
    // First of all: what is forked from here on shall not speak to the service manager, and the
    // stable shall inherit no connection.
    base::Notify notify = base::Notify::take_from_environment(log);
    const worker::StableOptions stable_options{
        .module_path = worker::module_path(options.path),
        .modules = options.modules,
        .limits = {.memory_bytes = options.max_job_memory, .cpu = options.max_job_cpu}};
    worker::Stable stable = worker::Stable::start(stable_options);
    redis::Settings settings = sandbox::find_redis(
        options.redis_url, [&log](std::string_view notice) { log.warning(notice); });
    if (options.with_scheduler && options.burst) {
      scheduler::enqueue_what_is_due(options.queues, settings, log);
    }
    const protocol::WorkerRecord record = worker::record_of(options);
    settings.client_name = record.name;
    worker::Worker::Options work =
        worker::to_worker(options, record, worker::Requests::of_signals());
    work.notify = std::move(notify);
    worker::Worker worker(std::move(work), std::move(stable), stable_options, settings, log);
    worker.run();
    return 0;
  } catch (const Error& error) {
    log.error(error.what());
    return 1;
  }
}

}  // namespace rqpp
