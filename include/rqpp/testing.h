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

/// Where a test finds the tasks that it runs.
struct TaskSources {
  std::vector<const Module*> modules{};  ///< Linked into the test: `{rqpp_module_mail()}`.
  std::vector<std::string> path{};       ///< Folders with modules as files, `mail.so`.
};

/// What a drain has done.
struct DrainResult {
  struct Failure {
    std::string job_id{};
    std::string description{};  ///< `mail.send('ada')`.
    std::string error{};        ///< The whole text, as `JobHandle::exc_info` shows it.
  };

  int runs = 0;                     ///< Reruns of a job count.
  std::vector<Failure> failures{};  ///< Jobs that failed for good. Redis keeps them as ever.
};

/// Runs what waits in a queue, and what these jobs put into it, in this process and thread: no
/// worker, no fork, so a debugger and a coverage tool see the tasks, and what they change can be
/// looked at. Timeouts and limits do not apply, and a task that crashes takes the test along.
///
/// For a queue of any kind: one in Redis, or a MemoryQueue. Jobs that wait for a time are not run.
/// Throws Error when `max_jobs` jobs have run and more wait, and as Queue does.
DrainResult drain(const Queue& queue, const TaskSources& tasks, int max_jobs = 10'000);

/// A queue without Redis, for tests: code that takes a Queue& takes it as well.
///
///     rqpp::MemoryQueue queue{{.modules = {rqpp_module_mail()}}};
///     sign_up("ada@example.org", queue);
///     EXPECT_THAT(queue, WasEnqueued(send_mail("ada@example.org")));
///     EXPECT_EQ(queue.drain().runs, 1);
///
/// It is no imitation: the commands and scripts are those that go to Redis otherwise, on keys in
/// memory. Its siblings share the memory. Time stands still until `advance`. Whoever waits for a
/// job runs what is queued meanwhile; a wait that nothing can end throws TimeoutError at once.
class MemoryQueue : public Queue {
 public:
  /// `options.url` means nothing here.
  explicit MemoryQueue(const TaskSources& tasks = {}, std::string name = "default",
                       const QueueOptions& options = {});

  [[nodiscard]] Time now() const;
  /// Lets time pass: what is over expires, and jobs that become due are enqueued. Nothing runs.
  /// Throws InvalidArgument for a time below 0.
  void advance(std::chrono::milliseconds time);

  /// Runs what waits in this queue and its siblings, and what these jobs enqueue; see above.
  DrainResult drain(int max_jobs = 10'000);

  /// All jobs that this queue and its siblings ever got, in their order, as they were then.
  [[nodiscard]] std::vector<JobInfo> enqueued() const;

  /// Runs a call now, without a job: returns what the task returns, and throws what it throws. It
  /// has a current_job(), and what it enqueues comes here.
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
