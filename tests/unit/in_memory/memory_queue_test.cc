#include <rqpp/testing.h>

#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/current_job.h>
#include <rqpp/error.h>
#include <rqpp/module.h>

RQPP_MODULE(chores) {
  tasks.add("add", [](int a, int b) { return a + b; }, {"a", {"b", 1}});
  tasks.add("fail", [](const std::string& why) { throw std::invalid_argument(why); });
  tasks.add("pass_on", [](int n) {
    if (n > 0)
      rqpp::current_job().enqueue({.function = "chores.pass_on", .args = {n - 1}}, {}, "other");
  });
  tasks.add("again", [](int max) { throw rqpp::RetryLater({.max = max}); });
  tasks.add("snooze", [] { throw rqpp::Snooze(std::chrono::seconds(60)); });
  tasks.add("give_up", [] { throw rqpp::NonRetryable("no oven"); });
  tasks.add("for_ever", [] { rqpp::current_job().enqueue({.function = "chores.for_ever"}); });
  tasks.add("remember", [](int page) {
    rqpp::CurrentJob job = rqpp::current_job();
    job.set_meta("page", page);
    job.save_meta();
  });
}

namespace rqpp {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

constexpr Task<int(int, int)> kAdd{"chores.add"};
constexpr Task<void(std::string)> kFail{"chores.fail"};
constexpr Task<void(int)> kPassOn{"chores.pass_on"};
constexpr Task<void()> kForEver{"chores.for_ever"};
constexpr Task<void(int)> kRemember{"chores.remember"};

struct MemoryQueueTest : ::testing::Test {
  MemoryQueue queue{{.modules = {rqpp_module_chores()}}};
};

/// Some code of a user.
int add_by_a_job(Queue& queue) { return queue.enqueue(kAdd(1, 2)).wait(); }

TEST_F(MemoryQueueTest, HoldsJobsUntilTheyAreDrained) {
  const Job<int> job = queue.enqueue(kAdd(20, 22));
  EXPECT_EQ(queue.size(), 1);
  EXPECT_EQ(job.status(), Status::queued);
  EXPECT_EQ(job.result(), std::nullopt);

  const DrainResult drained = queue.drain();

  EXPECT_EQ(drained.runs, 1);
  EXPECT_THAT(drained.failures, IsEmpty());
  EXPECT_EQ(job.status(), Status::finished);
  EXPECT_EQ(job.result(), 42);
  EXPECT_EQ(job.info().worker, "sync");
  EXPECT_EQ(queue.size(), 0);
}

TEST_F(MemoryQueueTest, IsTakenByCodeThatTakesAQueueAndRunsWhatThatWaitsFor) {
  EXPECT_EQ(add_by_a_job(queue), 3);
}

TEST_F(MemoryQueueTest, KeepsFailures) {
  const Job<void> job = queue.enqueue(kFail("no such page"));
  queue.enqueue(kAdd(1, 2));

  const DrainResult drained = queue.drain();

  EXPECT_EQ(drained.runs, 2);
  ASSERT_THAT(drained.failures, SizeIs(1));
  EXPECT_EQ(drained.failures[0].job_id, job.id());
  EXPECT_EQ(drained.failures[0].description, "chores.fail('no such page')");
  EXPECT_THAT(drained.failures[0].error, HasSubstr("std::invalid_argument: no such page"));
  EXPECT_EQ(job.status(), Status::failed);
  EXPECT_EQ(job.exc_info(), drained.failures[0].error);
}

TEST_F(MemoryQueueTest, FailsAJobWhoseTaskNobodyHas) {
  queue.enqueue(call("chores.nothing"));

  EXPECT_THAT(queue.drain().failures.at(0).error, HasSubstr("no task 'chores.nothing'"));
}

TEST_F(MemoryQueueTest, DrainsWhatTasksEnqueueOnAnyQueue) {
  queue.enqueue(kPassOn(3));

  EXPECT_EQ(queue.drain().runs, 4);

  std::vector<std::string> queues;
  for (const JobInfo& job : queue.enqueued()) queues.push_back(job.queue);
  EXPECT_THAT(queues, ElementsAre("default", "other", "other", "other"));
}

TEST_F(MemoryQueueTest, StopsADrainThatHasNoEnd) {
  queue.enqueue(kForEver());

  EXPECT_THAT([&] { queue.drain(50); },
              ThrowsMessage<Error>(HasSubstr("50 jobs have run, and the queue may hold more")));
}

TEST_F(MemoryQueueTest, RemembersWhatWasEnqueuedWhateverBecameOfIt) {
  Queue mail = queue.sibling("mail");
  mail.enqueue(kAdd(1, 2), {.result_ttl = 0s});
  queue.enqueue(kAdd(3, 4)).remove();
  queue.drain();

  const std::vector<JobInfo> jobs = queue.enqueued();

  ASSERT_THAT(jobs, SizeIs(2));
  EXPECT_EQ(jobs[0].call(), kAdd(1, 2));
  EXPECT_EQ(jobs[0].queue, "mail");
  EXPECT_EQ(jobs[0].status, Status::queued);
  EXPECT_EQ(jobs[1].call(), kAdd(3, 4));
}

TEST_F(MemoryQueueTest, LetsTimePassOnlyWhenItIsTold) {
  const Time start = queue.now();
  const Job<int> job = queue.enqueue(kAdd(1, 2), {.result_ttl = 60s});
  queue.drain();
  EXPECT_EQ(job.info().ended_at, start);

  queue.advance(59s);
  EXPECT_EQ(job.result(), 3);
  queue.advance(1s);

  EXPECT_FALSE(job.exists());
  EXPECT_EQ(queue.now(), start + 60s);
  EXPECT_THROW(queue.advance(-1s), InvalidArgument);
}

TEST_F(MemoryQueueTest, DropsAJobThatHasWaitedTooLong) {
  queue.enqueue(kAdd(1, 2), {.ttl = 10s});

  queue.advance(10s);

  EXPECT_EQ(queue.drain().runs, 0);
}

TEST_F(MemoryQueueTest, EnqueuesWhatBecomesDue) {
  const Job<int> job = queue.sibling("later").enqueue_in(30s, kAdd(1, 2));
  queue.enqueue_at(queue.now() + 31s, kAdd(3, 4));

  queue.advance(29s);
  EXPECT_EQ(queue.drain().runs, 0);
  EXPECT_EQ(job.status(), Status::scheduled);
  queue.advance(1s);

  EXPECT_EQ(job.status(), Status::queued);
  EXPECT_EQ(queue.drain().runs, 1);
  EXPECT_EQ(job.result(), 3);
  EXPECT_THAT(queue.enqueued(), SizeIs(2));
}

TEST_F(MemoryQueueTest, EnqueuesAnyNumberOfJobsThatBecomeDue) {
  queue.enqueue_many_at(queue.now() + 1s, std::vector<TypedCall<int>>(250, kAdd(1, 2)));

  queue.advance(1s);

  EXPECT_EQ(queue.drain().runs, 250);
}

TEST_F(MemoryQueueTest, EndsAWaitThatNothingCanEnd) {
  const Job<int> job = queue.enqueue(kAdd(1, 2));
  queue.remove(job.id());

  EXPECT_THAT([&] { job.wait(); }, ThrowsMessage<TimeoutError>(HasSubstr("this wait has no end")));
}

TEST_F(MemoryQueueTest, CancelsRequeuesAndEmpties) {
  Job<int> canceled = queue.enqueue(kAdd(1, 2));
  canceled.cancel();
  Job<void> failed = queue.enqueue(kFail("once"));
  EXPECT_EQ(queue.drain().runs, 1);

  failed.requeue();
  queue.enqueue(kAdd(1, 2));

  EXPECT_EQ(canceled.status(), Status::canceled);
  EXPECT_EQ(failed.status(), Status::queued);
  EXPECT_EQ(queue.clear(), 2);
}

TEST_F(MemoryQueueTest, KeepsMetaThatATaskSaves) {
  const Job<void> job = queue.enqueue(kRemember(7), {.meta = Value::dict({{"who", "ada"}})});

  queue.drain();

  EXPECT_EQ(job.meta(), Value::dict({{"who", "ada"}, {"page", 7}}));
}

TEST_F(MemoryQueueTest, RunsJobsAgainAsTheyAsk) {
  queue.enqueue(kAdd(1, 2), {.repeat = {.times = 2}});
  EXPECT_EQ(queue.drain().runs, 3);

  queue.enqueue(kFail("no"), {.retry = {.max = 2}});
  const DrainResult retried = queue.drain();
  EXPECT_EQ(retried.runs, 3);
  EXPECT_THAT(retried.failures, SizeIs(1));

  const AnyJob again = queue.enqueue(call("chores.again", 2));
  EXPECT_EQ(queue.drain().runs, 3);
  EXPECT_EQ(again.status(), Status::failed);

  const AnyJob given_up = queue.enqueue(call("chores.give_up"), {.retry = {.max = 2}});
  EXPECT_EQ(queue.drain().runs, 1);
  EXPECT_EQ(given_up.status(), Status::failed);

  queue.enqueue(call("chores.snooze"));
  EXPECT_EQ(queue.drain().runs, 1);
  queue.advance(60s);
  EXPECT_EQ(queue.drain().runs, 1);
}

TEST_F(MemoryQueueTest, RunsJobsAfterThoseThatTheyWaitForWithTheirResults) {
  const Job<int> first = queue.enqueue(kAdd(1, 2));
  const Job<int> second = queue.enqueue(kAdd(result_of(first), 10));
  const AnyJob never = queue.enqueue(call("chores.fail", "no"), {.depends_on = second});
  const Job<int> after =
      queue.enqueue(kAdd(5, 5), {.depends_on = {never, {.allow_failure = true}}});

  EXPECT_EQ(queue.drain().runs, 4);

  EXPECT_EQ(second.result(), 13);
  EXPECT_EQ(after.status(), Status::finished);
}

TEST_F(MemoryQueueTest, TellsCallbacksHowJobsEnded) {
  const auto sum = queue.enqueue(kAdd(1, 2), {.on_success = kPassOn});
  const auto failed = queue.enqueue(kFail("no flour"), {.on_failure = kFail});
  const auto unlucky = queue.enqueue(kAdd(1, 2), {.on_success = "chores.give_up"});

  queue.drain();

  EXPECT_THAT(queue.enqueued(), SizeIs(6));  // pass_on(3) passed on three times
  EXPECT_EQ(sum.status(), Status::finished);
  EXPECT_EQ(failed.status(), Status::failed);
  EXPECT_THAT(failed.exc_info(), AllOf(HasSubstr("std::invalid_argument: no flour"),
                                       HasSubstr("Its callback 'chores.fail' failed:")));
  EXPECT_EQ(unlucky.status(), Status::failed);
  EXPECT_THAT(unlucky.exc_info(), HasSubstr("no oven"));
}

TEST_F(MemoryQueueTest, HoldsJobsBackAsTheirRateLimitsSay) {
  const EnqueueOptions twice_a_minute{.rate_limit = {.key = "oven", .count = 2, .per = 60s}};
  for (int i = 0; i < 5; ++i) queue.enqueue(kAdd(i, i), twice_a_minute);
  queue.enqueue(kAdd(1, 2));

  EXPECT_EQ(queue.drain().runs, 3);
  queue.advance(59s);
  EXPECT_EQ(queue.drain().runs, 0);
  queue.advance(1s);
  EXPECT_EQ(queue.drain().runs, 2);
  queue.advance(60s);
  EXPECT_EQ(queue.drain().runs, 1);
}

TEST_F(MemoryQueueTest, RunsACallWithoutAJob) {
  EXPECT_EQ(queue.run(kAdd(1, 2)), 3);
  EXPECT_EQ(queue.run(call<int>("chores.add", 1)), 2);
  EXPECT_THROW(queue.run(kFail("at once")), std::invalid_argument);
  queue.run(kPassOn(1));
  queue.run(kRemember(1));

  EXPECT_THAT(queue.enqueued(), SizeIs(1));
}

TEST_F(MemoryQueueTest, IsApartFromOthers) {
  MemoryQueue other;
  queue.enqueue(kAdd(1, 2));

  EXPECT_EQ(other.size(), 0);
  EXPECT_THAT(other.enqueued(), IsEmpty());
}

}  // namespace
}  // namespace rqpp
