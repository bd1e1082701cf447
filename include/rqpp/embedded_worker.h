#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rqpp/verbosity.h>
#include <rqpp/worker.h>

namespace rqpp {

/// How an EmbeddedWorker works: the WorkerOptions that threads can honour, with the same defaults.
struct EmbeddedWorkerOptions {
  std::vector<std::string> queues{"default"};  ///< In the order of their priority.
  DequeueStrategy dequeue_strategy = DequeueStrategy::ordered;
  std::vector<int> queue_weights{};  ///< As WorkerOptions::queue_weights.
  std::string name{};                ///< Empty: a random one. Unique among workers.
  std::string url{};                 ///< As WorkerOptions::url.
  std::string job_url{};  ///< Redis of queues that jobs make without a URL; empty: the worker's.
  std::vector<std::string> path{};       ///< As WorkerOptions::path.
  std::vector<const Module*> modules{};  ///< Of this program: `{rqpp_module_fib()}`.
  int threads = 1;                       ///< Jobs that may run at once; 1 to 1000.
  bool burst = false;                    ///< Stop when the queues are empty.
  bool with_scheduler = false;           ///< As WorkerOptions::with_scheduler.
  std::chrono::seconds result_ttl{500};  ///< For jobs that name none; 0 s or more, or kForever.
  std::chrono::seconds worker_ttl{420};  ///< As WorkerOptions::worker_ttl; 30 s or more.
  std::chrono::seconds maintenance_interval{600};       ///< 0 s is never.
  std::optional<std::int64_t> max_jobs{};               ///< Stop after this many jobs; 1 or more.
  std::optional<std::chrono::seconds> max_idle_time{};  ///< As WorkerOptions; 1 s or more.
  /// How long a warm stop waits for running jobs, 0 s or more; unset: as long as they take.
  std::optional<std::chrono::seconds> stop_timeout{};
  bool fail_interrupted = false;  ///< Jobs that a stopping worker interrupts fail.
  /// How long a job may take to end once it was asked to; 0 s or more. Then it counts as ended.
  std::chrono::seconds grace{5};
  std::optional<std::vector<std::string>> webhook_hosts{};  ///< As WorkerOptions::webhook_hosts.
  bool describe_jobs = true;                                ///< Log the description of each job.
  Verbosity verbosity = Verbosity::normal;
  std::string log_format{"%H:%M:%S %v"};  ///< As spdlog's patterns; %v is the message.
};

/// A worker within this program: jobs run in threads of it, on its own data, and no process is
/// forked.
///
///     rqpp::EmbeddedWorker worker({.queues = {"thumbnails"}, .modules = {rqpp_module_images()}});
///     serve();  // the program does what it does, and stops the worker at the end of its life
///
/// It is a worker like others for whoever looks at Redis: `rqpp info` shows it, another one takes
/// over its jobs when this program dies, its jobs may be retried, scheduled, or depend on others.
/// What a process gives is missing:
///
/// - A task that crashes or calls exit() ends the program; the job then fails with its worker.
/// - A thread cannot be killed. A job that is stopped, or runs into its timeout, has to look at
///   `current_job().stop_requested()`. If it has not ended after `grace`, it counts as ended: the
///   job fails, its thread goes on unseen, and a fresh one takes the next jobs.
/// - What a job prints goes where the program prints, and is not shown with a failed job.
class EmbeddedWorker {
 public:
  /// Starts to work, on threads of its own. Throws InvalidArgument for options outside their
  /// ranges, TaskError for modules that cannot be used, and what a Queue throws if Redis cannot be
  /// found.
  explicit EmbeddedWorker(const EmbeddedWorkerOptions& options);
  EmbeddedWorker(const EmbeddedWorker&) = delete;
  EmbeddedWorker& operator=(const EmbeddedWorker&) = delete;
  /// Stops and waits; it is still a warm stop: set `stop_timeout` to limit it.
  ~EmbeddedWorker();

  /// Asks it to stop, from any thread: the first time running jobs finish. When it is asked again,
  /// a second later at the earliest as with RQ's signals, they count as ended and go back to the
  /// front of their queue. Returns at once.
  void stop() noexcept;
  /// Until it has stopped, or with `burst` until the queues are empty. For one thread. Returns
  /// false if it could not begin or go on; its log says why.
  bool wait();

 private:
  struct Threads;

  std::unique_ptr<Threads> threads_;
};

}  // namespace rqpp
