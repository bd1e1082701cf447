#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <limits>
#include <string_view>
#include <thread>
#include <utility>

#include "base/fd.h"
#include "base/log.h"
#include "sandbox/find_redis.h"
#include "scheduler/scheduler.h"
#include "tasks/modules.h"
#include "worker/stable.h"
#include "worker/worker_options.h"

#include <rqpp/embedded_worker.h>
#include <rqpp/error.h>

namespace rqpp {
namespace {

WorkerOptions worker_options_of(const EmbeddedWorkerOptions& options) {
  return {.queues = options.queues,
          .dequeue_strategy = options.dequeue_strategy,
          .queue_weights = options.queue_weights,
          .name = options.name,
          .url = options.url,
          .job_url = options.job_url,
          .path = options.path,
          .modules = options.modules,
          .horses = options.threads,
          .jobs_per_horse = std::numeric_limits<int>::max(),  // a thread is used again
          .burst = options.burst,
          .with_scheduler = options.with_scheduler,
          .result_ttl = options.result_ttl,
          .worker_ttl = options.worker_ttl,
          .maintenance_interval = options.maintenance_interval,
          .max_jobs = options.max_jobs,
          .max_idle_time = options.max_idle_time,
          .stop_timeout = options.stop_timeout,
          .fail_interrupted = options.fail_interrupted,
          .grace = options.grace,
          .webhook_hosts = options.webhook_hosts,
          .describe_jobs = options.describe_jobs,
          .verbosity = options.verbosity,
          .log_format = options.log_format};
}

worker::StableOptions stable_options_of(const WorkerOptions& options) {
  return {.module_path = worker::module_path(options.path),
          .modules = options.modules,
          .horses = worker::StableOptions::Horses::threads};
}

base::Fd eventfd_of_stops() {
  base::Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) throw Error("cannot make an eventfd: out of descriptors? Raise the limit (ulimit -n).");
  return fd;
}

}  // namespace

struct EmbeddedWorker::Threads {
  base::Fd stops{};
  std::thread work{};
  bool good = true;  // to be read once the thread has ended
};

EmbeddedWorker::EmbeddedWorker(const EmbeddedWorkerOptions& given)
    : threads_(std::make_unique<Threads>()) {
  if (given.threads < 1 || given.threads > 1000) {
    throw InvalidArgument(fmt::format("threads is {}: use 1 to 1000", given.threads));
  }
  const WorkerOptions options = worker_options_of(given);
  worker::check(options);
  worker::StableOptions stable = stable_options_of(options);
  // Each thread fills its own tables, where nobody would hear that they cannot be filled.
  const tasks::Modules probe(tasks::ModulePath(stable.module_path), stable.modules,
                             tasks::Loading::direct);
  const base::Log log = base::Log::to_stderr(options.verbosity, options.log_format);
  redis::Settings settings = sandbox::find_redis(
      options.url, [&log](std::string_view notice) { log.warning(notice); },
      sandbox::why_no_private_server(redis::process_environment()));
  // In one process the password is no secret.
  stable.job_redis.url = options.job_url.empty() ? redis::to_url(settings) : options.job_url;
  threads_->stops = eventfd_of_stops();
  base::Fd heard(::fcntl(threads_->stops.get(), F_DUPFD_CLOEXEC, 0));
  threads_->work = std::thread([options, stable, settings, log, heard = std::move(heard),
                                &good = threads_->good]() mutable {
    try {
      if (options.with_scheduler && options.burst) {
        scheduler::enqueue_what_is_due(options.queues, settings, log);
      }
      const protocol::WorkerRecord record = worker::record_of(options, settings);
      settings.client_name = record.name;
      worker::Worker::Options work =
          worker::to_worker(options, record, worker::Requests::of(std::move(heard)));
      work.output.captured = false;
      worker::Worker(std::move(work), worker::Stable::start(stable), stable, settings, log).run();
    } catch (const Error& error) {
      log.error(error.what());
      good = false;
    }
  });
}

EmbeddedWorker::~EmbeddedWorker() {
  if (!threads_->work.joinable()) return;
  stop();
  threads_->work.join();
}

void EmbeddedWorker::stop() noexcept {
  const std::uint64_t once = 1;
  (void)!::write(threads_->stops.get(), &once, sizeof once);
}

bool EmbeddedWorker::wait() {
  if (threads_->work.joinable()) threads_->work.join();
  return threads_->good;
}

}  // namespace rqpp
