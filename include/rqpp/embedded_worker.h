#pragma once

#include <memory>

#include <rqpp/worker.h>

namespace rqpp {

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
  /// Begins to work, on threads of its own. Of the options `jobs_per_horse` means nothing, since
  /// threads are always used again; `horses` is the number of threads that run jobs.
  ///
  /// Throws InvalidArgument for options outside their ranges, and for limits of memory, CPU time
  /// and output, which a thread cannot have; TaskError for modules that cannot be used; and what a
  /// Queue throws if Redis cannot be found.
  explicit EmbeddedWorker(const WorkerOptions& options);
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
