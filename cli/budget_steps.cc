#include "budget_steps.h"

#include <array>
#include <utility>

#include "base/clock.h"
#include "budget_stated.h"
#include "overview.h"
#include "protocol/keys.h"

#include <rqpp/error.h>
#include <rqpp/registry.h>
#include <rqpp/task.h>

// The jobs are calls of fib.slow_fib: of 1, which takes no time; of 36, which takes long enough for
// its run to be shown to others; and of a text, which fails.
namespace rqpp::cli {
namespace {

using namespace std::chrono_literals;

const Call kQuick = call("fib.slow_fib", 1);
const Call kLong = call("fib.slow_fib", 36);
const Call kFailing = call("fib.slow_fib", "one");

constexpr int kFew = 20;    // where each takes a round trip
constexpr int kSome = 100;  // for a worker
constexpr int kPage = 1'000;

template <class Number>
constexpr double per(Number more, int count) {
  return static_cast<double>(more) / count;
}

template <class... More>
std::vector<BudgetStep> joined(std::vector<BudgetStep> first, More&&... more) {
  const auto add = [&first](std::vector<BudgetStep> steps) {
    for (BudgetStep& step : steps) first.push_back(std::move(step));
  };
  (add(std::forward<More>(more)), ...);
  return first;
}

}  // namespace

BudgetStage::BudgetStage(BudgetSite& site, std::filesystem::path modules,
                         const std::filesystem::path& logs, Signals& interrupts)
    : site_(site),
      modules_(std::move(modules)),
      log_(logs / "worker.log"),
      interrupts_(interrupts),
      queue_(site.queue(), {.url = redis::to_url(site.settings())}),
      rest_(queue_.sibling(site.rest_queue())) {
  fill(1, kQuick);  // connects, and makes the queue known
}

void BudgetStage::check_signals() {
  if (interrupts_.seen() != 0) throw Interruption{};
}

// ---- what is done

void BudgetStage::enqueue_each(int count, const EnqueueOptions& options) {
  for (int i = 0; i < count; ++i) site_.take(queue_.enqueue(kQuick, options).id());
}

void BudgetStage::enqueue_after(int count) {
  for (int i = 0; i < count; ++i) {
    site_.take(rest_.enqueue(kQuick, {.depends_on = jobs_.front()}).id());
  }
}

void BudgetStage::burst(std::vector<std::string> options) {
  options.emplace_back("--burst");
  OwnProgram worker(program(worker_words(std::move(options))), interrupts_);
  while (!worker.wait(20ms)) check_signals();
}

void BudgetStage::schedule_all() {
  OwnProgram scheduler(program({"scheduler", "--quiet", site_.queue()}), interrupts_);
  const auto gone = [this] {
    const auto encoding =
        redis::Batch{}.add("OBJECT", "ENCODING", protocol::keys::scheduled(site_.queue()));
    return connection().run(encoding).at(0).is_nil();
  };
  wait_until(
      [&] {
        scheduler.check_alive();
        return gone();
      },
      50ms);
}

// ---- what is there before

void BudgetStage::empty_queues() {
  queue_.clear();
  rest_.clear();
}

void BudgetStage::fill(int count, const Call& call, const EnqueueOptions& options) {
  empty_queues();
  jobs_ = queue_.enqueue_many(std::vector<Call>(static_cast<std::size_t>(count), call), options);
  site_.take_all(jobs_);
}

void BudgetStage::fill_ended(int count, const Call& call) {
  fill(count, call);
  burst({"--jobs-per-horse", "1000"});
}

void BudgetStage::fill_due(int count) {
  empty_queues();
  jobs_ = queue_.enqueue_many_at(base::now() - 5s,
                                 std::vector<Call>(static_cast<std::size_t>(count), kQuick));
  site_.take_all(jobs_);
}

void BudgetStage::fill_waiting(int count) {
  fill(1, kQuick);
  enqueue_after(count);
}

// ---- workers

std::vector<std::string> BudgetStage::worker_words(std::vector<std::string> options) const {
  // Without maintenance: it would clean up after others.
  std::vector<std::string> words{"worker", "--quiet",         "--maintenance-interval",
                                 "0",      "--name",          site_.worker(),
                                 "--path", modules_.string(), site_.queue()};
  words.insert(words.begin() + 1, options.begin(), options.end());
  return words;
}

OwnProgram::Options BudgetStage::program(std::vector<std::string> words) const {
  return {.words = std::move(words), .url = redis::to_url(site_.settings()), .log = log_};
}

template <class Condition>
void BudgetStage::wait_until(const Condition& condition, std::chrono::milliseconds interval) {
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) {
      throw TimeoutError(
          "a worker or a scheduler has not done in a minute what it was started for");
    }
    interrupts_.wait(interval);
    check_signals();
  }
}

void BudgetStage::start_idle_worker() {
  if (idle_worker_) return idle_worker_->check_alive();
  empty_queues();
  idle_worker_.emplace(program(worker_words({})), interrupts_);
  wait_until(
      [this] {
        idle_worker_->check_alive();
        const auto state =
            redis::Batch{}.add("HGET", protocol::keys::worker(site_.worker()), "state");
        return connection().run(state).at(0).text == "idle";
      },
      20ms);
}

// Returns in the middle between two renewals, so that a time of some renewals has just as many.
void BudgetStage::await_renewal() {
  const auto lease = [this] {
    const auto score = redis::Batch{}.add("ZSCORE", protocol::keys::kLeases, site_.incarnation());
    return connection().run(score).at(0).text;
  };
  const std::string before = lease();
  wait_until([&] { return lease() != before; }, 50ms);
  interrupts_.wait(2s);
  check_signals();
}

// ---- the steps

std::vector<BudgetStep> BudgetStage::producer_steps() {
  const auto act = [this](EnqueueOptions options) {
    return [this, options = std::move(options)](int count) { enqueue_each(count, options); };
  };
  return {
      {.name = "enqueue a job", .stated = stated::kEnqueue, .count = kFew, .act = act({})},
      {.name = "enqueue 1000 jobs at once: each",
       .stated = 1 + per(stated::kMoreForMany, 100),
       .count = kPage,
       .act =
           [this](int count) {
             site_.take_all(
                 queue_.enqueue_many(std::vector<Call>(static_cast<std::size_t>(count), kQuick)));
           }},
      {.name = "empty a queue: each of its jobs",
       .stated = 1 + per(stated::kMoreToEmpty, 100),
       .count = kPage,
       .prepare = [this](int count) { fill(count, kQuick); },
       .act = [this](int) { queue_.clear(); }},
      {.name = "enqueue a job for later",
       .stated = stated::kEnqueue,
       .count = kFew,
       .act =
           [this](int count) {
             for (int i = 0; i < count; ++i) site_.take(rest_.enqueue_in(1h, kQuick).id());
           }},
      {.name = "enqueue a job that waits for another",
       .stated = stated::kEnqueueAfter + stated::kPerParent,
       .count = kFew,
       .prepare = [this](int) { fill_waiting(1); },
       .act = [this](int count) { enqueue_after(count); }},
      {.name = "enqueue a job of a unique id",
       .stated = stated::kEnqueueUnique,
       .count = kFew,
       .act =
           [this](int count) {
             for (int i = 0; i < count; ++i) {
               site_.take(
                   queue_.enqueue(kQuick, {.job_id = site_.new_job_id(), .unique = true}).id());
             }
           }},
  };
}

std::vector<BudgetStep> BudgetStage::worker_steps() {
  const auto run = [this](std::string name, double stated, int count, const Call& call,
                          std::vector<std::string> options = {},
                          const EnqueueOptions& enqueued = {}) {
    return BudgetStep{.name = std::move(name),
                      .stated = stated,
                      .count = count,
                      .by_difference = true,
                      .prepare = [this, call, enqueued](int jobs) { fill(jobs, call, enqueued); },
                      .act = [this, options = std::move(options)](int) { burst(options); }};
  };
  return {
      {.name = "start and stop a worker",
       .prepare = [this](int) { empty_queues(); },
       .act = [this](int) { burst(); }},
      run("run a quick job, a process for each", stated::kClaimAndSettle, kSome, kQuick),
      run("run a quick job, processes used again", stated::kClaimAndSettle, kSome, kQuick,
          {"--jobs-per-horse", "1000"}),
      run("run a job of a while", stated::kClaimAndSettle, 2, kLong),
      run("run a job that fails", stated::kClaim + stated::kSettle, kFew, kFailing),
      run("run a job that fails, and its retry",
          2 * stated::kClaim + stated::kPutBack + stated::kSettle, kFew, kFailing, {},
          {.retry = {.max = 1}}),
      {.name = "a job ends: each that waits for it",
       .stated = stated::kRelease + per(stated::kMoreToRelease, 50),
       .count = kSome,
       .by_difference = true,
       .prepare = [this](int count) { fill_waiting(count); },
       .act = [this](int) { burst(); }},
      {.name = "a scheduled job is due",
       .stated = stated::kDue + per(stated::kMoreForDue, 50),
       .count = kSome,
       .by_difference = true,
       .prepare = [this](int count) { fill_due(count); },
       .act = [this](int) { schedule_all(); }},
  };
}

std::vector<BudgetStep> BudgetStage::result_steps() {
  const auto ended = [this](int count) { fill_ended(count, kQuick); };
  return {{.name = "read a result",
           .stated = stated::kResult,
           .count = kFew,
           .prepare = ended,
           .act =
               [this](int) {
                 for (const AnyJob& job : jobs_) (void)job.result();
               }},
          {.name = "wait for a result that is there",
           .stated = stated::kWait,
           .count = kFew,
           .prepare =
               [this, ended](int count) {
                 ended(count);
                 jobs_.front().wait(10s);  // makes the connection for waiting
               },
           .act =
               [this](int) {
                 for (const AnyJob& job : jobs_) job.wait(10s);
               }}};
}

std::vector<BudgetStep> BudgetStage::operator_steps() {
  const auto waiting = [this](int count) { fill(count, kQuick); };
  const auto each = [this](void (*act)(AnyJob&)) {
    return [this, act](int) {
      for (AnyJob& job : jobs_) act(job);
    };
  };
  return {{.name = "cancel a job that waits",
           .stated = stated::kCancel,
           .count = kFew,
           .prepare = waiting,
           .act = each([](AnyJob& job) { job.cancel(); })},
          {.name = "delete a job that waits",
           .stated = stated::kCancel,
           .count = kFew,
           .prepare = waiting,
           .act = each([](AnyJob& job) { job.remove(); })},
          {.name = "requeue a job that failed",
           .stated = stated::kRequeue,
           .count = kFew,
           .prepare = [this](int count) { fill_ended(count, kFailing); },
           .act = each([](AnyJob& job) { job.requeue(); })}};
}

std::vector<BudgetStep> BudgetStage::idle_worker_steps() {
  const auto idle = [this](int) { start_idle_worker(); };
  constexpr int kWorkers = 2;  // a page of their names, and one of them
  return {{.name = "enqueue, run by an idle worker, wait",
           .count = kFew,
           .prepare = idle,
           .act =
               [this](int count) {
                 for (int i = 0; i < count; ++i) {
                   const AnyJob job = queue_.enqueue(kQuick);
                   site_.take(job.id());
                   job.wait(30s);
                   check_signals();
                 }
               }},
          {.name = "`rqpp info` of a queue and a worker",
           .stated = stated::kCounts + kWorkers,
           .count = kFew,
           .prepare = idle,
           .act = [this](int count) {
             for (int i = 0; i < count; ++i) {
               read_overview(connection(), {site_.queue()}, Parts::all);
             }
           }}};
}

std::vector<BudgetStep> BudgetStage::steps() {
  return joined(producer_steps(), worker_steps(), result_steps(), operator_steps(),
                idle_worker_steps());
}

BudgetStep BudgetStage::idle_minute(std::chrono::seconds duration) {
  return {.name = "an idle worker, a minute",
          .stated = stated::kIdleMinute + 60.0 / stated::kLeaseSeconds * stated::kLease,
          .prepare =
              [this](int) {
                start_idle_worker();
                await_renewal();
              },
          .act =
              [this, duration](int) {
                const auto until = std::chrono::steady_clock::now() + duration;
                for (;;) {
                  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
                      until - std::chrono::steady_clock::now());
                  if (left <= 0ms) return;
                  interrupts_.wait(left);
                  check_signals();
                }
              }};
}

}  // namespace rqpp::cli
