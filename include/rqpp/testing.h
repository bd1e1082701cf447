#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <rqpp/job_info.h>
#include <rqpp/module.h>
#include <rqpp/queue.h>
#include <rqpp/time.h>

// For tests of code that uses rqpp: link rqpp::testing. Matchers for GoogleTest are in
// <rqpp/gtest.h>. See docs/testing.md.
namespace rqpp {

namespace in_memory {
class MemorySession;
}

/// The tasks that a test can run.
struct TaskSources {
  std::vector<const Module*> modules{};  ///< Linked into the test: `{rqpp_module_mail()}`.
  std::vector<std::string> path{};       ///< Folders with modules as files, `mail.so`.
};

/// The outcome of a drain.
struct DrainResult {
  struct Failure {
    std::string job_id{};
    std::string description{};  ///< `mail.send('ada')`.
    std::string error{};        ///< The whole text, as `JobHandle::exc_info` shows it.
  };

  int runs = 0;                     ///< Reruns of a job count.
  std::vector<Failure> failures{};  ///< Jobs that failed without a retry left.
};

/// Runs the queued jobs, and those that they enqueue, in this process and thread. Without a worker
/// and a fork, debuggers and coverage tools see the tasks, and tests see their side effects.
/// Timeouts and limits do not apply, and a crash of a task crashes the test.
///
/// Works for a queue in Redis and for a MemoryQueue. Scheduled jobs do not run. Throws Error if
/// jobs are left after `max_jobs`, and as Queue does.
DrainResult drain(const Queue& queue, const TaskSources& tasks, int max_jobs = 10'000);

/// A queue without Redis, for tests: code that takes a Queue& takes it as well.
///
///     rqpp::MemoryQueue queue{{.modules = {rqpp_module_mail()}}};
///     sign_up("ada@example.org", queue);
///     EXPECT_THAT(queue, WasEnqueued(send_mail("ada@example.org")));
///     EXPECT_EQ(queue.drain().runs, 1);
///
/// It executes the same commands and scripts that would go to Redis, on keys in memory that
/// siblings share. Time advances only by `advance`. Waiting for a job runs the queued jobs; a wait
/// that cannot end throws TimeoutError immediately.
class MemoryQueue : public Queue {
 public:
  /// `options.url` is ignored.
  explicit MemoryQueue(const TaskSources& tasks = {}, std::string name = "default",
                       const QueueOptions& options = {});

  [[nodiscard]] Time now() const;
  /// Advances the clock: keys expire and due jobs are enqueued, but none runs. Throws
  /// InvalidArgument for a negative time.
  void advance(std::chrono::milliseconds time);

  /// Runs the jobs of this queue and its siblings, as rqpp::drain does.
  DrainResult drain(int max_jobs = 10'000);

  /// All jobs ever enqueued in this queue and its siblings, in order, as they were enqueued.
  [[nodiscard]] std::vector<JobInfo> enqueued() const;

  /// Calls a task directly, without a job: returns its result and rethrows its exceptions. The task
  /// has a current_job(), and its enqueues go to this queue.
  template <class R>
  R run(const TypedCall<R>& call) {
    const Value value = run_untyped(call);
    if constexpr (!std::is_void_v<R>) return detail::read_result<R>(call.function, value);
  }
  Value run(const Call& call) { return run_untyped(call); }

 private:
  MemoryQueue(std::string name, const QueueOptions& options,
              std::shared_ptr<in_memory::MemorySession> memory);
  Value run_untyped(const Call& call);

  std::shared_ptr<in_memory::MemorySession> memory_;  // shared with siblings and jobs
};

/// A call as Python writes it: `mail.send('ada', copies=2)`.
std::string to_text(const Call& call);

}  // namespace rqpp
