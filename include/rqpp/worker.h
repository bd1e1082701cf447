#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rqpp/detail/module_abi.h>
#include <rqpp/verbosity.h>

namespace rqpp {

/// From which of its queues a worker takes the next job. All but the last are RQ's.
enum class DequeueStrategy : std::uint8_t {
  ordered,      ///< From the first one that has any; RQ's `default`.
  round_robin,  ///< Behind the one that was served last.
  random,       ///< From any.
  weighted,     ///< From each as often as its weight says, as long as it has jobs.
};

/// How a worker works. The defaults are RQ's.
struct WorkerOptions {
  std::vector<std::string> queues{"default"};  ///< In the order of their priority.
  DequeueStrategy dequeue_strategy = DequeueStrategy::ordered;
  std::vector<int> queue_weights{};  ///< For `weighted`, one per queue: 1 to 1000; none: all alike.
  std::string name{};                ///< Empty: a random one. Unique among workers.
  /// `redis://…`, `rediss://…`, `unix://…` or `private:`. Empty: what RQ_REDIS_URL, REDIS_URL,
  /// REDIS_HOST… say, else localhost:6379.
  std::string url{};
  /// Where the queues are that jobs make without a URL of their own: give it a Redis user of few
  /// rights. Empty: RQPP_JOB_REDIS_URL, else the worker's Redis; if that has a password, jobs do
  /// not get it, and a queue without a URL throws ConnectionError. `current_job().enqueue()` works
  /// in any case.
  std::string job_url{};
  /// Folders in which modules of tasks are looked up. Empty: $RQPP_PATH (folders joined by `:`),
  /// else the current folder.
  std::vector<std::string> path{};
  /// At the start and after SIGHUP, try in a process of its own which modules on the path can be
  /// loaded, and warn of those that cannot; see docs/operations.md.
  bool check_modules = true;
  /// Modules of this program itself: `{rqpp_module_fib()}`. With any, the processes of jobs are
  /// forks of this program as it is now; with none, of a small one that has nothing of its memory.
  std::vector<const Module*> modules{};
  int horses = 1;          ///< Jobs that may run at once; 1 to 1000.
  int jobs_per_horse = 1;  ///< Jobs that one process runs before a fresh one takes over; 1 or more.
  bool burst = false;      ///< Run what is in the queues, then return.
  /// Also enqueue the scheduled jobs of its queues when they are due, see run_scheduler(). With
  /// `burst`: once, at the start.
  bool with_scheduler = false;
  std::chrono::seconds result_ttl{500};  ///< For jobs that name none; 0 s or more, or kForever.
  std::chrono::seconds worker_ttl{
      420};  ///< After so long without a sign of life it is gone; 30 s or more.
  /// Between two times of cleaning up after others: jobs whose workers are gone, entries that have
  /// expired. The first time is at the start. 0 s is never.
  std::chrono::seconds maintenance_interval{600};
  std::optional<std::int64_t> max_jobs{};               ///< End after so many jobs; 1 or more.
  std::optional<std::chrono::seconds> max_idle_time{};  ///< End after so long without; 1 s or more.
  /// How long a warm stop waits for running jobs, 0 s or more; unset: as long as they take. Then
  /// they are asked to end (SIGTERM), killed after `grace`, and put back to the front of their
  /// queue.
  std::optional<std::chrono::seconds> stop_timeout{};
  bool fail_interrupted =
      false;  ///< Jobs that a stopping worker kills fail; they are not put back.
  /// How long a job may take to end once it was asked to (its timeout, a stop of the job or the
  /// worker), before it is killed; 0 s or more.
  std::chrono::seconds grace{5};
  /// Bytes that a job may allocate, beyond what its process began with; 1 MiB or more; unset: no
  /// limit. It applies to each process that the job starts.
  std::optional<std::int64_t> max_job_memory{};
  /// A process that has held more bytes of memory than this runs no further job, where it might
  /// (jobs_per_horse above 1): so memory that jobs leak does not add up. 1 MiB or more; unset: no
  /// limit.
  std::optional<std::int64_t> max_horse_memory{};
  /// CPU time that a job may use, all its threads together; 1 s or more; unset: no limit. The
  /// kernel counts whole seconds, so it may be up to a second more. It applies to each process that
  /// the job starts.
  std::optional<std::chrono::seconds> max_job_cpu{};
  /// Bytes that a job may print; the rest is dropped. 0 drops everything.
  std::int64_t max_job_output = std::int64_t{16} << 20;
  /// Hosts that webhooks may go to, also when they are redirected: `hooks.example.org`, or
  /// `*.example.org` for all names below it. Unset: any host; empty: this worker sends none.
  std::optional<std::vector<std::string>> webhook_hosts{};
  bool describe_jobs = true;  ///< Log the description of each job.
  using Verbosity = rqpp::Verbosity;
  Verbosity verbosity = Verbosity::normal;
  std::string log_format{"%H:%M:%S %v"};  ///< As spdlog's patterns; %v is the message.
};

/// Runs a worker in this process, until it is told to stop (SIGINT or SIGTERM: finish the running
/// jobs; a second one: kill them, and put them back) or, with `burst`, until the queues are empty.
/// SIGHUP: the next jobs run with modules as they are now on disk. Its log goes to standard error.
///
/// Under systemd it says that it is ready, what it does, that it lives, and that it stops
/// (sd_notify), and removes NOTIFY_SOCKET and WATCHDOG_* from the environment.
///
/// Call it before the program starts threads or opens connections: it forks.
/// Returns the exit code for the process: 0, or 1 if the worker could not begin or go on; it says
/// why in its log. Throws InvalidArgument for options outside their ranges.
int run_worker(const WorkerOptions& options);

/// Several workers of one kind, see run_worker_pool().
struct PoolOptions {
  WorkerOptions worker{};  ///< How each of them works. They get random names: leave it empty.
  int workers = 1;         ///< How many; 1 to 1000.
};

/// Runs several workers, each in a process of its own, until all have ended: with `burst` when the
/// queues are empty, else when it is told to stop. It hands SIGINT and SIGTERM on to them: finish
/// the running jobs; a second one: kill them; and SIGHUP: load modules anew. Under systemd it, and
/// none of its workers, says how it is. A worker that has died is replaced, within a second.
/// Should the pool itself be killed, its workers finish what they run, and end.
///
/// Call it before the program starts threads or opens connections: it forks. It talks to nobody
/// itself. Returns the exit code for the process: 0; 1 if one of the last workers has failed, or 2
/// if their options are outside their ranges; they say why in their log. Throws InvalidArgument for
/// options of its own outside their ranges.
int run_worker_pool(const PoolOptions& options);

}  // namespace rqpp
