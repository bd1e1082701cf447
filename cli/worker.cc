#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <memory>
#include <utility>

#include "base/fd.h"
#include "commands.h"
#include "log_options.h"
#include "options.h"
#include "python_options.h"
#include "suspend.h"
#include "worker/init_process.h"

#include <rqpp/error.h>
#include <rqpp/worker.h>

namespace rqpp::cli {
namespace {

struct WorkerArguments {
  WorkerOptions options{};
  std::vector<std::string> queues{};
  std::vector<std::string> webhook_hosts{};
  bool no_webhooks = false;
  std::string pid_file{};
  LogOptions log{};
};

/// The number of this process in a file, for as long as the worker runs.
class PidFile {
 public:
  explicit PidFile(std::string path) : path_(std::move(path)) {
    if (path_.empty()) return;
    std::ofstream file(path_, std::ios::trunc);
    file << getpid() << std::flush;
    if (!file)
      throw Error(
          fmt::format("cannot write the pid file '{}': {}", path_, base::errno_text(errno)));
  }
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;
  ~PidFile() {
    if (!path_.empty() && is_ours()) ::unlink(path_.c_str());
  }

 private:
  // A worker that was started later may have written over it.
  bool is_ours() const {
    std::ifstream file(path_);
    pid_t pid = 0;
    return file >> pid && pid == getpid();
  }

  std::string path_;
};

void add_log_options(CLI::App& command, WorkerArguments& given) {
  add_log_options(command, given.log);
  command.add_flag_function(
      "--disable-job-desc-logging", [&given](std::int64_t) { given.options.describe_jobs = false; },
      "Leave descriptions of jobs out of the log");
}

DequeueStrategy strategy_of(const std::string& word) {
  if (word == "default" || word == "ordered") return DequeueStrategy::ordered;
  if (word == "round_robin") return DequeueStrategy::round_robin;
  if (word == "random") return DequeueStrategy::random;
  if (word == "weighted") return DequeueStrategy::weighted;
  throw InvalidArgument(fmt::format(
      "--dequeue-strategy: '{}' is not one of default, round_robin, random and weighted", word));
}

/// Parts `high=3` into a queue and its weight; without one it is 1.
void take_weights(WorkerOptions& options) {
  for (std::string& queue : options.queues) {
    const std::size_t at = queue.rfind('=');
    int weight = 1;
    if (at != std::string::npos) {
      const char* end = queue.data() + queue.size();
      const auto [rest, error] = std::from_chars(queue.data() + at + 1, end, weight);
      if (error != std::errc{} || rest != end) {
        throw InvalidArgument(
            fmt::format("'{}' has no weight: write a number behind the =, as in high=3", queue));
      }
      queue.resize(at);
    }
    options.queue_weights.push_back(weight);
  }
}

void add_strategy(CLI::App& command, WorkerArguments& given) {
  command
      .add_option_function<std::string>(
          "--dequeue-strategy",
          [&given](const std::string& word) { given.options.dequeue_strategy = strategy_of(word); },
          "How the queue of the next job is chosen: default (the first that has a job), "
          "round_robin, random, or weighted, with QUEUES as NAME=WEIGHT")
      ->type_name("STRATEGY");
}

void add_work_options(CLI::App& command, WorkerArguments& given) {
  auto& options = given.options;
  command.add_flag("-b,--burst", options.burst, "Exit when the queues are empty");
  add_repeatable(
      command, "-P,--path", options.path,
      "Directory with task modules; repeatable. Default: $RQPP_PATH, else the current directory")
      ->type_name("FOLDER");
  command.add_flag("!--no-module-check", options.check_modules,
                   "Do not check at start whether the modules on the path can be loaded");
  command.add_option("--horses", options.horses, "Maximum number of concurrent jobs")
      ->capture_default_str();
  command
      .add_option("--jobs-per-horse", options.jobs_per_horse,
                  "Jobs per process before it is replaced")
      ->capture_default_str();
  const auto set = [](std::chrono::seconds& field) {
    return [&field](std::chrono::seconds value) { field = value; };
  };
  add_duration(command, "--results-ttl,--result-ttl", set(options.result_ttl),
               "Time that results are kept; -1: no limit")
      ->default_str("500");
  add_duration(command, "--worker-ttl", set(options.worker_ttl),
               "Time without a heartbeat before RQ considers the worker dead")
      ->default_str("420");
  add_duration(command, "--maintenance-interval", set(options.maintenance_interval),
               "Maintenance interval; 0 disables maintenance")
      ->default_str("600");
  command.add_option("--max-jobs", options.max_jobs, "Exit after this many jobs; 1 or more")
      ->type_name("N");
  add_duration(
      command, "--max-idle-time",
      [&options](std::chrono::seconds value) { options.max_idle_time = value; },
      "Exit after idling this long");
  add_duration(
      command, "--stop-timeout",
      [&options](std::chrono::seconds value) { options.stop_timeout = value; },
      "How long a stopping worker waits for running jobs before it kills and requeues them. "
      "Default: until they end");
  command.add_flag("--fail-interrupted", options.fail_interrupted,
                   "Fail the jobs that a stopping worker kills instead of requeueing them");
  add_duration(command, "--grace", set(options.grace),
               "Time between SIGTERM (timeout, `rqpp job stop`, stop of the worker) and SIGKILL")
      ->default_str("5");
  command
      .add_option("--job-url", options.job_url,
                  "Redis URL of queues that jobs open without a URL; use a user with few rights. "
                  "Default: RQPP_JOB_REDIS_URL, else the worker's Redis if it has no password")
      ->type_name("URL");
  command
      .add_option("--pid", given.pid_file,
                  "Write the process id to this file while the worker runs")
      ->type_name("FILE");
}

void add_limit_options(CLI::App& command, WorkerArguments& given) {
  auto& options = given.options;
  // 0 on the command line is no limit, whatever a configuration file says.
  const auto set_limit = [](auto& field) {
    return [&field](auto value) {
      field.reset();
      if (value != decltype(value){0}) field = value;
    };
  };
  add_size(command, "--max-memory", set_limit(options.max_job_memory),
           "Memory limit of a job, such as 256M. 0: no limit")
      ->default_str("0");
  add_size(command, "--max-horse-memory", set_limit(options.max_horse_memory),
           "Replace a process once its peak memory exceeds this. 0: no limit")
      ->default_str("0");
  add_duration(command, "--max-cpu", set_limit(options.max_job_cpu),
               "CPU time limit of a job. 0: no limit")
      ->default_str("0");
  add_size(
      command, "--max-output", [&options](std::int64_t value) { options.max_job_output = value; },
      "Output kept per job; the rest is discarded")
      ->default_str("16M");
}

void add_webhook_options(CLI::App& command, WorkerArguments& given) {
  add_repeatable(command, "--webhook-host", given.webhook_hosts,
                 "Allow webhooks to this host or *.DOMAIN; repeatable. Default: any host")
      ->type_name("HOST");
  command.add_flag("--no-webhooks", given.no_webhooks, "Send no webhooks");
}

WorkerOptions completed(const WorkerArguments& given, Context& context) {
  context.is_service = true;
  refuse_while_suspended(context.settings());
  WorkerOptions options = given.options;
  options.url = redis::to_url(context.settings());
  options.queues = queues_of(given.queues, context);
  if (options.dequeue_strategy == DequeueStrategy::weighted) take_weights(options);
  if (given.no_webhooks) {
    options.webhook_hosts.emplace();
  } else if (!given.webhook_hosts.empty()) {
    options.webhook_hosts = given.webhook_hosts;
  }
  options.verbosity = given.log.verbosity;
  options.log_format = pattern_of(given.log);
  return options;
}

}  // namespace

void add_worker(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("worker", "Run jobs from queues");
  auto given = std::make_shared<WorkerArguments>();
  add_queues(*command, given->queues);
  command->add_option("-n,--name", given->options.name,
                      "The worker's name; else NAME of --config, else a random one");
  add_strategy(*command, *given);
  add_work_options(*command, *given);
  command->add_flag("-s,--with-scheduler", given->options.with_scheduler,
                    "Also enqueue the scheduled jobs of its queues when they are due");
  add_limit_options(*command, *given);
  add_webhook_options(*command, *given);
  add_log_options(*command, *given);
  add_python_worker_options(*command);
  add_url(*command, context);
  add_examples(
      *command,
      R"(  rqpp worker                        jobs of the queue 'default', modules from here
  rqpp worker high low -P build      first of 'high', then of 'low'; modules from build/
  rqpp worker --horses 8 --burst     eight at once, until the queue is empty
  rqpp worker --dequeue-strategy weighted high=3 low    three of 'high' for one of 'low'

A task module.function is looked up in module.so or libmodule.so. SIGINT or SIGTERM: finish the
running jobs, then end; a second one ends them, too, and puts them back. SIGHUP: load modules anew.)");
  command->callback([given, &context] {
    worker::go_on_below_init();
    WorkerOptions options = completed(*given, context);
    if (options.name.empty()) options.name = context.configured().name;
    const PidFile pid_file(given->pid_file);
    context.exit_code = run_worker(options);
  });
}

void add_worker_pool(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("worker-pool", "Run several workers, and replace the dead");
  auto given = std::make_shared<WorkerArguments>();
  auto workers = std::make_shared<int>(1);
  add_queues(*command, given->queues);
  command->add_option("-n,--num-workers", *workers, "How many workers")
      ->check(CLI::Range(1, 1000).description(""))
      ->capture_default_str();
  add_strategy(*command, *given);
  add_work_options(*command, *given);
  add_limit_options(*command, *given);
  add_webhook_options(*command, *given);
  add_log_options(*command, *given);
  add_python_worker_options(*command);
  add_url(*command, context);
  add_examples(*command,
               R"(  rqpp worker-pool -n 4 high low     four workers, each as `rqpp worker high low`
  rqpp worker-pool -n 4 --burst      until the queue is empty

Each worker is a process of its own and registers under a random name. One of them enqueues the
scheduled jobs of each queue. SIGINT or SIGTERM: all finish
their running jobs, then end; a second one ends them at once. SIGHUP: load modules anew. For many
jobs at once in one worker, which is lighter on Redis, see `rqpp worker --horses`.)");
  command->callback([given, workers, &context] {
    worker::go_on_below_init();
    PoolOptions options{.worker = completed(*given, context), .workers = *workers};
    options.worker.with_scheduler = true;  // as in RQ; one of them has each queue
    const PidFile pid_file(given->pid_file);
    context.exit_code = run_worker_pool(options);
  });
}

}  // namespace rqpp::cli
