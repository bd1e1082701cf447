// Jobs whose ids their producers choose: a new job is what its producer said, whatever had its id.

#include <gmock/gmock.h>

#include <rqpp/buffered_producer.h>

#include "redis/client/client_test.h"

namespace rqpp {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Task<long(long)> kNext{"m.next"};

class NamedJobs : public ClientTest {
 protected:
  /// Fields that a later job of the id could take by mistake.
  static EnqueueOptions everything() {
    return {.result_ttl = 1h,
            .failure_ttl = 1h,
            .ttl = 1h,
            .job_id = "j",
            .meta = Value::dict({{"old", 1}}),
            .group = "old",
            .retry = {.max = 3, .intervals = {10s}, .at_front = true},
            .repeat = {.times = 2, .intervals = {10s}},
            .rate_limit = {.key = "old", .count = 100, .per = 60s},
            .on_success = {"old.done"},
            .webhooks = {{.url = "http://old/"}}};
  }

  /// All fields of the job but the times.
  std::vector<std::string> fields() {
    std::vector<std::string> names;
    for (const redis::Reply& each : ask("HKEYS", "rq:job:j").elements) names.push_back(each.text);
    std::sort(names.begin(), names.end());
    return names;
  }

  void expect_nothing_old() {
    EXPECT_THAT(fields(), ElementsAre("created_at", "data", "description", "enqueued_at", "origin",
                                      "status", "timeout"));
    EXPECT_EQ(ask("TTL", "rq:job:j").number, -1);
    EXPECT_THAT(queue.job("j").results(), IsEmpty());
    EXPECT_EQ(ask("SISMEMBER", "rq:group:old", "j").number, 0);
    for (const char* registry :
         {"finished", "failed", "canceled", "deferred", "scheduled", "wip"}) {
      EXPECT_EQ(ask("ZCARD", std::string("rq:") + registry + ":q").number, 0) << registry;
    }
    EXPECT_THAT(queue.ids(), ElementsAre("j"));
  }

  const EnqueueOptions plain{.job_id = "j"};
};

TEST_F(NamedJobs, TakeNothingOfAJobThatWaits) {
  queue.enqueue(kSlowFib(1), everything());

  queue.enqueue(kSlowFib(2), plain);

  expect_nothing_old();
  EXPECT_EQ(queue.job("j").info().call(), kSlowFib(2));
}

TEST_F(NamedJobs, TakeNothingOfAJobThatHasFinishedAndRepeats) {
  queue.enqueue(kSlowFib(1), everything());
  run_next(1);

  queue.enqueue(kSlowFib(2), plain);

  expect_nothing_old();
}

TEST_F(NamedJobs, TakeNothingOfAJobThatHasFailed) {
  queue.enqueue(kSlowFib(1), everything());
  fail(start(), "no");

  queue.enqueue(kSlowFib(2), plain);

  expect_nothing_old();
  EXPECT_EQ(queue.registry(RegistryKind::failed).requeue_all().changed, 0) << "it would run twice";
}

TEST_F(NamedJobs, TakeNothingOfAJobThatWasCanceled) {
  queue.enqueue(kSlowFib(1), everything()).cancel();

  queue.enqueue(kSlowFib(2), plain);

  expect_nothing_old();
}

TEST_F(NamedJobs, TakeNothingOfAJobThatIsScheduled) {
  EnqueueOptions old = everything();
  old.at_front = true;
  queue.enqueue_in(1h, kSlowFib(1), old);

  queue.enqueue(kSlowFib(2), plain);

  expect_nothing_old();
}

TEST_F(NamedJobs, TakeNothingOfAJobThatWaitedForOthersAndTookTheirResults) {
  const auto parent = queue.enqueue(kSlowFib(1), {.at_front = true});
  EnqueueOptions old = everything();
  old.depends_on = {{parent}, {.allow_failure = true, .allow_stop = true, .at_front = true}};
  queue.enqueue(kNext(result_of(parent)), old);
  ASSERT_TRUE(queue.remove(parent.id()));

  queue.enqueue(kSlowFib(2), plain);

  expect_nothing_old();
  EXPECT_EQ(ask("EXISTS", "rq:job::j:dependencies").number, 0);
}

TEST_F(NamedJobs, TakeNothingOfAJobWithALimit) {
  const ConcurrencyLimit limit{.key = "old", .jobs = 1};
  queue.enqueue(kSlowFib(1), {.job_id = "j", .concurrency_limit = limit});
  queue.enqueue(kSlowFib(1), {.job_id = "next", .concurrency_limit = limit});

  queue.enqueue(kSlowFib(2), plain);

  EXPECT_THAT(queue.ids(), ElementsAre("next", "j")) << "the slot is the next one's";
  EXPECT_EQ(ask("HEXISTS", "rq:job:j", "rate_limit_key").number, 0);
}

TEST_F(NamedJobs, AreScheduledAnew) {
  queue.enqueue(kSlowFib(1), everything());
  fail(start(), "no");

  queue.enqueue_in(1h, kSlowFib(2), plain);

  EXPECT_THAT(fields(),
              ElementsAre("created_at", "data", "description", "origin", "status", "timeout"));
  EXPECT_EQ(queue.size(), 0);
  EXPECT_EQ(queue.registry(RegistryKind::scheduled).count(), 1);
  EXPECT_EQ(queue.registry(RegistryKind::failed).count(), 0);
}

TEST_F(NamedJobs, WaitForOthersAnew) {
  queue.enqueue(kSlowFib(1), everything());
  const auto parent = queue.enqueue(kSlowFib(1));

  queue.enqueue(kSlowFib(2), {.job_id = "j", .depends_on = parent});

  EXPECT_THAT(fields(), ElementsAre("created_at", "data", "dependency_id", "dependency_ids",
                                    "description", "origin", "status", "timeout"));
  EXPECT_THAT(queue.ids(), ElementsAre(parent.id()));
}

TEST_F(NamedJobs, JoinAnotherGroup) {
  queue.enqueue(kSlowFib(1), everything());

  queue.enqueue(kSlowFib(2), {.job_id = "j", .group = "new"});

  EXPECT_EQ(ask("SISMEMBER", "rq:group:old", "j").number, 0);
  EXPECT_EQ(ask("SISMEMBER", "rq:group:new", "j").number, 1);
  EXPECT_THAT(queue.ids(), ElementsAre("j"));
}

TEST_F(NamedJobs, AreNewInABufferedProducerToo) {
  queue.enqueue(kSlowFib(1), everything());
  fail(start(), "no");

  {
    BufferedProducer producer(queue);
    producer.enqueue(kSlowFib(2), plain);
    producer.enqueue(kSlowFib(3), plain);
    producer.flush();
  }

  expect_nothing_old();
  EXPECT_EQ(queue.job("j").info().call(), kSlowFib(3)) << "of several the last one counts";
}

TEST_F(NamedJobs, AreNewAmongMany) {
  queue.enqueue(kSlowFib(1), everything());
  QueueOptions with_names = options();
  int number = 0;
  with_names.middleware.emplace_back([&number](const Call&, EnqueueOptions& how) {
    if (number++ == 1) how.job_id = "j";
  });
  Queue naming("q", with_names);

  const auto jobs = naming.enqueue_many(std::vector<Call>(3, kSlowFib(2)));

  EXPECT_THAT(fields(), Contains("data"));
  EXPECT_EQ(ask("HEXISTS", "rq:job:j", "retries_left").number, 0);
  EXPECT_THAT(queue.ids(), ElementsAre(jobs[0].id(), "j", jobs[2].id()));
}

TEST_F(NamedJobs, DropTheOutcomeOfTheRunThatHadTheId) {
  queue.enqueue(kSlowFib(1), plain);
  const protocol::Execution old = start();

  queue.enqueue(kSlowFib(2), plain);
  succeed(old, 1);

  EXPECT_EQ(queue.job("j").status(), Status::queued);
  EXPECT_THAT(queue.job("j").results(), IsEmpty());
  run_next(2);
  EXPECT_EQ(queue.job<long>("j").result(), 2);
}

TEST_F(NamedJobs, AreWaitedForByThoseThatWaitedForTheOldOne) {
  queue.enqueue(kSlowFib(1), {.failure_ttl = 1h, .job_id = "j"});
  queue.enqueue(kSlowFib(9), {.job_id = "child", .depends_on = std::string("j")});
  fail(start(), "no");
  ask("EXPIRE", "rq:job:j:dependents", "60");

  queue.enqueue(kSlowFib(2), plain);

  EXPECT_EQ(ask("TTL", "rq:job:j:dependents").number, -1);
  EXPECT_EQ(ask("SISMEMBER", "rq:job:j:dependents", "child").number, 1);
}

TEST_F(NamedJobs, ReplaceWhatIsNoJob) {
  ask("SET", "rq:job:j", "text");

  queue.enqueue(kSlowFib(2), plain);

  expect_nothing_old();
}

TEST_F(NamedJobs, CostSixCommandsWhereTheIdIsNew) {
  queue.enqueue(kSlowFib(1), {.job_id = "warm"});
  test::reset_counts(connection);

  queue.enqueue(kSlowFib(1), plain);

  EXPECT_EQ(
      test::command_counts(connection),
      (std::map<std::string, std::int64_t>{
          {"evalsha", 1}, {"hmget", 1}, {"unlink", 1}, {"persist", 1}, {"rpush", 1}, {"hset", 1}}));
}

}  // namespace
}  // namespace rqpp
