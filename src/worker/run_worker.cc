#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/notify.h"
#include "base/private_process.h"
#include "sandbox/find_redis.h"
#include "sandbox/job_redis.h"
#include "scheduler/scheduler.h"
#include "worker/init_process.h"
#include "worker/stable.h"
#include "worker/trust.h"
#include "worker/worker_options.h"

#include <rqpp/error.h>
#include <rqpp/worker.h>

namespace rqpp {
namespace {

void tell_what_is_unsafe(const WorkerOptions& options, const base::Log& log) {
  if (::geteuid() == 0) {
    log.info("this worker runs as root, and so do its jobs: give it a user of its own");
  }
  const auto folders = worker::module_path(options.path);
  for (const std::string& text : worker::untrusted_modules(folders, ::geteuid(), ::getegid())) {
    log.warning(text);
  }
}

}  // namespace

int run_worker(const WorkerOptions& options) {
  worker::check(options);
  worker::go_on_below_init();
  const base::Log log = base::Log::to_stderr(options.verbosity, options.log_format);
  const std::string_view no_private = sandbox::why_no_private_server(redis::process_environment());
  // Jobs are processes of the same user.
  const base::PrivateProcess keeps_the_password;
  try {
    // First of all: what is forked from here on shall not speak to the service manager, and the
    // stable shall inherit no connection, and no password that is read from a file.
    base::Notify notify = base::Notify::take_from_environment(log);
    tell_what_is_unsafe(options, log);
    worker::StableOptions stable_options{
        .module_path = worker::module_path(options.path),
        .modules = options.modules,
        .limits = {.memory_bytes = options.max_job_memory.value_or(0),
                   .cpu = options.max_job_cpu.value_or(std::chrono::seconds{0})},
        .check_modules = options.check_modules};
    worker::Stable stable = worker::Stable::split_off(stable_options);
    redis::Settings settings = sandbox::find_redis(
        options.url, [&log](std::string_view notice) { log.warning(notice); }, no_private);
    stable_options.job_redis = sandbox::redis_for_jobs(worker::job_url(options), settings);
    stable.equip(stable_options);
    if (options.with_scheduler && options.burst) {
      scheduler::enqueue_what_is_due(options.queues, settings, log);
    }
    const protocol::WorkerRecord record = worker::record_of(options, settings);
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
