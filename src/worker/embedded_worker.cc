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

void refuse_what_needs_a_process(const WorkerOptions& options) {
  const auto refuse = [](bool wanted, std::string_view option) {
    if (!wanted) return;
    throw InvalidArgument(
        fmt::format("an embedded worker cannot limit what a job takes, so it has no {}: leave it "
                    "out, or run the jobs in processes, by run_worker()",
                    option));
  };
  refuse(options.max_job_memory != 0, "max_job_memory");
  refuse(options.max_job_cpu.count() != 0, "max_job_cpu");
  refuse(options.max_horse_memory != 0, "max_horse_memory");
  refuse(options.max_job_output != WorkerOptions().max_job_output, "max_job_output");
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

EmbeddedWorker::EmbeddedWorker(const WorkerOptions& given) : threads_(std::make_unique<Threads>()) {
  worker::check(given);
  refuse_what_needs_a_process(given);
  WorkerOptions options = given;
  options.jobs_per_horse = std::numeric_limits<int>::max();
  worker::StableOptions stable = stable_options_of(options);
  // Each thread fills its own tables, where nobody would hear that they cannot be filled.
  const tasks::Modules probe(tasks::ModulePath(stable.module_path), stable.modules,
                             tasks::Loading::direct);
  const base::Log log = base::Log::to_stderr(options.verbosity, options.log_format);
  redis::Settings settings = sandbox::find_redis(
      options.redis_url, [&log](std::string_view notice) { log.warning(notice); },
      sandbox::why_no_private_server(redis::process_environment()));
  // In one process the password is no secret.
  stable.job_redis.url =
      options.job_redis_url.empty() ? redis::to_url(settings) : options.job_redis_url;
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
