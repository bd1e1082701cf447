#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rqpp/detail/module_abi.h>
#include <rqpp/verbosity.h>

namespace rqpp {

/// How a worker chooses the queue of its next job. All but `weighted` are RQ's.
enum class DequeueStrategy : std::uint8_t {
  ordered,      ///< The first queue that has a job; RQ's `default`.
  round_robin,  ///< The next queue after the one served last.
  random,       ///< A random queue.
  weighted,     ///< In proportion to the weights of the queues that have jobs.
};

/// Options of a worker. The defaults are RQ's.
struct WorkerOptions {
  std::vector<std::string> queues{"default"};  ///< Highest priority first.
  DequeueStrategy dequeue_strategy = DequeueStrategy::ordered;
  std::vector<int> queue_weights{};  ///< For `weighted`: 1 to 1000 per queue; none: equal.
  std::string name{};                ///< Empty: a random one. Unique among workers.
  /// `redis://…`, `rediss://…`, `unix://…` or `private:`. Empty: what RQ_REDIS_URL, REDIS_URL,
  /// REDIS_HOST… say, else localhost:6379.
  std::string url{};
  /// The URL of a Queue that a job constructs without one; use a Redis user with few rights. Empty:
  /// RQPP_JOB_REDIS_URL, else the worker's Redis without its password, so that such a Queue throws
  /// ConnectionError if a password is required. `current_job().enqueue()` always works.
  std::string job_url{};
  /// Directories that are searched for task modules. Empty: $RQPP_PATH (separated by `:`), else the
  /// current directory.
  std::vector<std::string> path{};
  /// Load all modules on the path in a child process at start and after SIGHUP, and log a warning
  /// for each that fails; see docs/operations.md.
  bool check_modules = true;
  /// Modules linked into this program: `{rqpp_module_fib()}`. With any, jobs run in forks of this
  /// program in its current state; with none, in forks of a small helper program.
  std::vector<const Module*> modules{};
  int horses = 1;          ///< Maximum of concurrent jobs; 1 to 1000.
  int jobs_per_horse = 1;  ///< Jobs per process before it is replaced; 1 or more.
  bool burst = false;      ///< Return when the queues are empty.
  /// Also run the scheduler of these queues, see run_scheduler(). With `burst`: once, at the start.
  bool with_scheduler = false;
  std::chrono::seconds result_ttl{500};  ///< Default for jobs; 0 s or more, or kForever.
  /// Time without a heartbeat before RQ considers the worker dead; 30 s or more.
  std::chrono::seconds worker_ttl{420};
  /// Interval between maintenance runs, which recover abandoned jobs and remove expired entries.
  /// The first one is at start. 0 s disables maintenance.
  std::chrono::seconds maintenance_interval{600};
  std::optional<std::int64_t> max_jobs{};               ///< Exit after this many jobs; 1 or more.
  std::optional<std::chrono::seconds> max_idle_time{};  ///< Exit after this idle time; 1 s or more.
  /// How long a warm stop waits for running jobs, 0 s or more; unset: until they end. After that
  /// they get SIGTERM, SIGKILL after `grace`, and return to the front of their queue.
  std::optional<std::chrono::seconds> stop_timeout{};
  /// Fail the jobs that a stopping worker kills instead of requeueing them.
  bool fail_interrupted = false;
  /// Time between SIGTERM (timeout, stop of the job or of the worker) and SIGKILL; 0 s or more.
  std::chrono::seconds grace{5};
  /// Bytes that a job may allocate beyond the initial size of its process; 1 MiB or more; unset: no
  /// limit. The limit holds for the job's process and, separately, for each process that it starts.
  std::optional<std::int64_t> max_job_memory{};
  /// Replace a process after its job once its peak memory exceeds this many bytes, so that leaks do
  /// not add up (with `jobs_per_horse` above 1). 1 MiB or more; unset: no limit.
  std::optional<std::int64_t> max_horse_memory{};
  /// CPU time of a job over all its threads; 1 s or more; unset: no limit. The kernel counts whole
  /// seconds, so a job may use up to 1 s more. Each process that the job starts has the limit to
  /// itself.
  std::optional<std::chrono::seconds> max_job_cpu{};
  /// Bytes of output that are kept per job; the rest is discarded. 0 discards everything.
  std::int64_t max_job_output = std::int64_t{16} << 20;
  /// Hosts that webhooks may be sent or redirected to: `hooks.example.org`, or `*.example.org` for
  /// its subdomains. Unset: any host; empty: send no webhooks.
  std::optional<std::vector<std::string>> webhook_hosts{};
  bool describe_jobs = true;  ///< Log the description of each job.
  using Verbosity = rqpp::Verbosity;
  Verbosity verbosity = Verbosity::normal;
  std::string log_format{"%H:%M:%S %v"};  ///< As spdlog's patterns; %v is the message.
};

/// Runs a worker in this process until it is stopped or, with `burst`, until the queues are empty.
/// SIGINT or SIGTERM: finish the running jobs, then exit; a second one: kill and requeue them.
/// SIGHUP: reload the modules for the next jobs. The log goes to standard error.
///
/// Under systemd it reports readiness, status, watchdog and stopping by sd_notify, and removes
/// NOTIFY_SOCKET and WATCHDOG_* from the environment.
///
/// It forks: call it before the program starts threads or opens connections. Returns the exit code
/// of the process: 0, or 1 if the worker could not start or continue, with the reason in the log.
/// Throws InvalidArgument for options out of range.
int run_worker(const WorkerOptions& options);

/// Options of run_worker_pool().
struct PoolOptions {
  WorkerOptions worker{};  ///< Options of each worker. Leave `name` empty.
  int workers = 1;         ///< Number of workers; 1 to 1000.
};

/// Runs several workers, each in its own process, until all have ended: with `burst` when the
/// queues are empty, else when the pool is stopped. SIGINT, SIGTERM and SIGHUP are forwarded to the
/// workers (see run_worker). A worker that died is replaced within 1 s. If the pool itself is
/// killed, its workers finish their running jobs and exit. Under systemd only the pool uses
/// sd_notify.
///
/// It forks: call it before the program starts threads or opens connections. The pool itself does
/// not connect to Redis. Returns the exit code of the process: 0; 1 if one of the last workers
/// failed; 2 if their options are out of range; the reason is in the log. Throws InvalidArgument
/// for pool options out of range.
int run_worker_pool(const PoolOptions& options);

}  // namespace rqpp
