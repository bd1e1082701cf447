#include <thread>

#include <gmock/gmock.h>

#include "redis/client/client_test.h"

namespace rqpp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WaitTest : public ClientTest {
 protected:
  template <class T>
  static std::future<T> wait_aside(const Job<T>& job, std::chrono::milliseconds timeout = 60s) {
    return std::async(std::launch::async, [job, timeout] { return job.wait(timeout); });
  }
};

TEST_F(WaitTest, ReturnsAResultThatIsThere) {
  const Job<long> job = queue.enqueue(kSlowFib(20));
  run_next(10946);

  EXPECT_EQ(job.wait(0s), 10946);
}

TEST_F(WaitTest, IsWokenByTheResult) {
  const Job<long> job = queue.enqueue(kSlowFib(20));
  auto waiting = wait_aside(job);
  await_blocked_clients(1);
  test::reset_counts(connection);

  run_next(10946);

  EXPECT_EQ(waiting.get(), 10946);
  // It asked before it blocked, and needs nothing more.
  const auto counts = test::command_counts(connection);
  EXPECT_FALSE(counts.contains("xrevrange"));
}

TEST_F(WaitTest, IsWokenByAFailure) {
  const Job<long> job = queue.enqueue(kSlowFib(20));
  auto waiting = wait_aside(job);
  await_blocked_clients(1);

  fail(start(), "ValueError: no");

  EXPECT_THROW(waiting.get(), TaskError);
}

TEST_F(WaitTest, PassesOverTheResultBeforeTheRequeue) {
  Job<long> job = queue.enqueue(kSlowFib(20));
  fail(start(), "ValueError: first");
  job.requeue();
  auto waiting = wait_aside(job);
  await_blocked_clients(1);

  run_next(10946);

  EXPECT_EQ(waiting.get(), 10946);
}

TEST_F(WaitTest, PassesOverAnEntryThatAsksForAnotherRun) {
  const Job<long> job = queue.enqueue(kSlowFib(20));
  auto waiting = wait_aside(job);
  await_blocked_clients(1);

  ask("XADD", "rq:results:" + job.id(), "*", "type", "4");
  run_next(10946);

  EXPECT_EQ(waiting.get(), 10946);
}

TEST_F(WaitTest, EndsWithItsTime) {
  const Job<long> job = queue.enqueue(kSlowFib(20));

  try {
    job.wait(20ms);
    FAIL() << "returned";
  } catch (const TimeoutError& error) {
    EXPECT_EQ(std::string(error.what()),
              "job '" + job.id() + "' has not ended within 20 ms; it is queued");
  }
}

TEST_F(WaitTest, SeesThatTheJobWasCanceled) {
  Job<long> job = queue.enqueue(kSlowFib(20));
  auto waiting = wait_aside(job);
  await_blocked_clients(1);

  job.cancel();

  EXPECT_THROW(waiting.get(), TaskError);
}

TEST_F(WaitTest, HoldsUpNobody) {
  const Job<long> slow = queue.enqueue(kSlowFib(33));
  const Job<long> quick = queue.enqueue(kSlowFib(20));
  auto first = wait_aside(slow);
  auto second = wait_aside(slow);
  await_blocked_clients(2);

  const auto run = start();  // of the slow one
  queue.enqueue(kSlowFib(21));
  run_next(10946);

  EXPECT_EQ(quick.result(), 10946);
  succeed(run, 3524578);
  EXPECT_EQ(first.get(), 3524578);
  EXPECT_EQ(second.get(), 3524578);
}

TEST_F(WaitTest, TakesItsConnectionsAgain) {
  for (int i = 0; i < 3; ++i) {
    const Job<long> job = queue.enqueue(kSlowFib(20));
    run_next(i);
    EXPECT_EQ(job.wait(10s), i);
  }

  // The test's own, the shared one and one to wait on.
  EXPECT_THAT(ask("INFO", "clients").text, HasSubstr("connected_clients:3\r"));
}

TEST_F(WaitTest, SaysThatRedisWentAway) {
  const Job<long> job = queue.enqueue(kSlowFib(20));
  auto waiting = wait_aside(job);
  await_blocked_clients(1);

  ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");

  EXPECT_THROW(waiting.get(), ConnectionError);
}

class ManyResults : public ClientTest {
 protected:
  std::vector<Job<long>> enqueue(int count) {
    std::vector<TypedCall<long>> calls;
    for (int n = 0; n < count; ++n) calls.push_back(kSlowFib(n));
    return queue.enqueue_many(calls);
  }
};

TEST_F(ManyResults, ComeInOneRoundTrip) {
  const auto jobs = enqueue(14);
  run_next(1);
  run_next(2);
  test::reset_counts(connection);

  const std::vector<std::optional<long>> results = queue.results_of(jobs);

  EXPECT_EQ(test::command_counts(connection).at("exec"), 1);
  EXPECT_EQ(results[0], 1);
  EXPECT_EQ(results[1], 2);
  EXPECT_EQ(results[2], std::nullopt);
  EXPECT_EQ(results.size(), 14U);
  EXPECT_TRUE(queue.results_of(std::vector<Job<long>>{}).empty());
}

TEST_F(ManyResults, ComeAHundredPerRoundTrip) {
  const auto jobs = enqueue(250);
  test::reset_counts(connection);

  EXPECT_EQ(queue.results_of(jobs).size(), 250U);

  EXPECT_EQ(test::command_counts(connection).at("exec"), 3);
}

TEST_F(ManyResults, AreWaitedForTogether) {
  const auto jobs = enqueue(3);
  const auto first = start();
  const auto second = start();
  const auto third = start();
  succeed(second, 20);
  auto waiting = std::async(std::launch::async, [&] { return queue.wait_all(jobs, 60s); });
  await_blocked_clients(1);

  succeed(third, 30);
  succeed(first, 10);

  EXPECT_THAT(waiting.get(), ElementsAre(10, 20, 30));
}

TEST_F(ManyResults, ThrowForOneThatFailed) {
  const auto jobs = enqueue(2);
  run_next(1);
  fail(start(), "ValueError: no");

  EXPECT_THROW(queue.results_of(jobs), TaskError);
  EXPECT_THROW(queue.wait_all(jobs, 60s), TaskError);
}

TEST_F(ManyResults, ShareOneTimeout) {
  const auto jobs = enqueue(2);

  EXPECT_THROW(queue.wait_all(jobs, 10ms), TimeoutError);
}

class Threads : public ClientTest {};

TEST_F(Threads, ShareAQueue) {
  constexpr int kThreads = 8;
  constexpr int kJobs = 50;
  std::vector<std::future<std::vector<long>>> producers;
  for (int t = 0; t < kThreads; ++t) {
    producers.push_back(std::async(std::launch::async, [this, t] {
      std::vector<Job<long>> jobs;
      for (int i = 0; i < kJobs; ++i) jobs.push_back(queue.enqueue(kSlowFib(t * kJobs + i)));
      return queue.wait_all(jobs, 60s);
    }));
  }

  connection.run(protocol::begin_session({.worker = "w"}));
  for (int i = 0; i < kThreads * kJobs;) {
    const protocol::ClaimRequest request{
        .claimant = {.worker = "w"}, .queues = {"q"}, .execution_ids = {"run" + std::to_string(i)}};
    const auto claim =
        protocol::read_claim(connection.run(protocol::claim(request, 90s, Time{1s})).at(0), "w");
    for (const auto& started : claim.started) {
      const auto job = protocol::read_whole_job(started.run.job_id, started.fields);
      const JobInfo info{.serialized_call = job->data};
      succeed(started.run, info.call().args.at(0));
      ++i;
    }
  }

  for (int t = 0; t < kThreads; ++t) {
    const std::vector<long> results = producers[static_cast<std::size_t>(t)].get();
    for (int i = 0; i < kJobs; ++i) {
      ASSERT_EQ(results[static_cast<std::size_t>(i)], t * kJobs + i);
    }
  }
  EXPECT_EQ(queue.size(), 0);
}

}  // namespace
}  // namespace rqpp
