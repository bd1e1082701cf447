#include "worker/worker_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/ids.h"
#include "protocol/job_record.h"
#include "redis/local_address.h"
#include "redis/settings.h"

#include <rqpp/enqueue_options.h>
#include <rqpp/error.h>
#include <rqpp/version.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kLeastMemory = std::int64_t{1} << 20;

void check(bool good, const std::string& text) {
  if (!good) throw InvalidArgument(text);
}

/// Jobs would fail one by one for want of their modules.
void check_folder(const std::string& folder) {
  std::error_code error;
  const bool good = std::filesystem::is_directory(folder, error);
  check(good, fmt::format("'{}' is no folder of modules{}: correct --path", folder,
                          error ? " (" + error.message() + ")" : ""));
}

}  // namespace

void check(const WorkerOptions& options) {
  check(!options.queues.empty(), "a worker needs at least one queue");
  for (const std::string& queue : options.queues) protocol::check_queue_name(queue);
  check(options.queue_weights.empty() || options.queue_weights.size() == options.queues.size(),
        fmt::format("there are {} weights for {} queues: give each one, or none",
                    options.queue_weights.size(), options.queues.size()));
  for (const int weight : options.queue_weights) {
    check(weight >= 1 && weight <= 1000,
          fmt::format("a queue's weight is {}: use 1 to 1000", weight));
  }
  check(options.horses >= 1 && options.horses <= 1000,
        fmt::format("horses is {}: use 1 to 1000", options.horses));
  check(options.jobs_per_horse >= 1,
        fmt::format("jobs per horse is {}: use 1 or more", options.jobs_per_horse));
  check(options.result_ttl >= 0s || options.result_ttl == kForever,
        fmt::format("the result ttl is {} s: use 0 s or more, or -1 to keep results for ever",
                    options.result_ttl.count()));
  check(options.worker_ttl >= 30s,
        fmt::format("the worker ttl is {} s: use 30 s or more", options.worker_ttl.count()));
  check(options.max_jobs.value_or(1) >= 1,
        fmt::format("max jobs is {}: use 1 or more", options.max_jobs.value_or(1)));
  check(options.max_idle_time.value_or(1s) >= 1s,
        fmt::format("the max idle time is {} s: use 1 s or more",
                    options.max_idle_time.value_or(1s).count()));
  check(options.stop_timeout.value_or(0s) >= 0s,
        fmt::format("the stop timeout is {} s: use 0 s or more",
                    options.stop_timeout.value_or(0s).count()));
  const auto check_memory = [&](std::optional<std::int64_t> limit, std::string_view whose) {
    check(limit.value_or(kLeastMemory) >= kLeastMemory,
          fmt::format("the memory of a {} is limited to {} bytes: use 1 MiB or more", whose,
                      limit.value_or(0)));
  };
  check_memory(options.max_job_memory, "job");
  check_memory(options.max_horse_memory, "horse");
  check(options.maintenance_interval >= 0s,
        fmt::format("the maintenance interval is {} s: use 1 s or more, or 0 for never",
                    options.maintenance_interval.count()));
  check(options.max_job_cpu.value_or(1s) >= 1s,
        fmt::format("the CPU time of a job is limited to {} s: use 1 s or more",
                    options.max_job_cpu.value_or(0s).count()));
  check(
      options.max_job_output >= 0,
      fmt::format("a job's output is limited to {} bytes: use 0 or more", options.max_job_output));
  for (const std::string& host : options.webhook_hosts.value_or(std::vector<std::string>{})) {
    check(!host.empty() && host.find_first_of("/,@ ") == std::string::npos,
          fmt::format("'{}' is no host for webhooks: use a name, as hooks.example.org or "
                      "*.example.org, or an address",
                      host));
  }
  if (!options.job_url.empty()) redis::parse_url(options.job_url);
  check(options.grace >= 0s,
        fmt::format("the grace period is {} s: use 0 s or more", options.grace.count()));
  for (const std::string& folder : options.path) check_folder(folder);
}

std::vector<std::string> module_path(const std::vector<std::string>& given) {
  if (!given.empty()) return given;
  std::vector<std::string> folders;
  const char* value = std::getenv("RQPP_PATH");  // NOLINT(concurrency-mt-unsafe): no threads yet
  for (std::string_view rest = value != nullptr ? value : ""; !rest.empty();) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    if (colon > 0) folders.emplace_back(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  if (folders.empty()) folders.emplace_back(".");
  return folders;
}

std::string job_url(const WorkerOptions& options) {
  if (!options.job_url.empty()) return options.job_url;
  return redis::process_environment()("RQPP_JOB_REDIS_URL").value_or("");
}

protocol::WorkerRecord record_of(const WorkerOptions& options, const redis::Settings& settings) {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return {.name = options.name.empty() ? base::new_uuid_hex() : options.name,
          .queues = options.queues,
          .state = "started",
          .hostname = host.data(),
          .ip_address = redis::local_address(settings),
          .version = std::string("rqpp ") + RQPP_VERSION,
          .python_version = std::string("C++, ") + detail::kCompiler,
          .pid = getpid()};
}

Worker::Options to_worker(const WorkerOptions& options, const protocol::WorkerRecord& record,
                          Requests requests) {
  return {.requests = std::move(requests),
          .supervisor = {.queues = options.queues,
                         .strategy = options.dequeue_strategy,
                         .weights = options.queue_weights,
                         .seed = std::random_device{}(),
                         .horses = options.horses,
                         .jobs_per_horse = options.jobs_per_horse,
                         .burst = options.burst,
                         .max_jobs = options.max_jobs,
                         .max_idle = options.max_idle_time,
                         .stop_wait = options.stop_timeout,
                         .interrupted =
                             options.fail_interrupted ? Interrupted::fail : Interrupted::put_back,
                         .max_horse_memory = options.max_horse_memory.value_or(0),
                         .grace = options.grace,
                         .maintenance_interval = options.maintenance_interval},
          .broker = {.worker = record,
                     .life = {.ttl = options.worker_ttl + 60s},
                     .roles = options.with_scheduler && !options.burst
                                  ? std::vector{protocol::Role::worker, protocol::Role::scheduler}
                                  : std::vector{protocol::Role::worker},
                     .result_ttl = options.result_ttl,
                     .describe_jobs = options.describe_jobs},
          .output = {.max_output_bytes = options.max_job_output},
          .webhook_hosts = options.webhook_hosts,
          .with_scheduler = options.with_scheduler && !options.burst};
}

}  // namespace rqpp::worker
