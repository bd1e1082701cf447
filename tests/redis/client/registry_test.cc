#include <rqpp/registry.h>

#include <gmock/gmock.h>

#include "redis/client/client_test.h"

namespace rqpp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RegistryTest : public ClientTest {
 protected:
  Registry registry(RegistryKind kind = RegistryKind::failed) { return queue.registry(kind); }
  std::string fail_one(const std::string& text, const Call& call = kSlowFib(1)) {
    const auto job = queue.enqueue(call);
    fail(start(), text);
    ask("ZADD", "rq:failed:q", 4102444800, job.id());  // it failed in 1970
    return job.id();
  }
  /// As a bare entry with a job, that is forgotten at this second.
  void fail_raw(const std::string& id, const std::string& score) {
    ask("HSET", "rq:job:" + id, "data", "D", "origin", "q", "status", "failed");
    ask("ZADD", "rq:failed:q", score, id);
  }
  void fail_many(int count) {
    for (int i = 0; i < count; ++i)
      fail_raw("j" + std::to_string(i), std::to_string(4102444800 + i));
  }
  std::int64_t waiting() { return queue.size(); }
};

TEST_F(RegistryTest, CountsAndListsWithoutCleaning) {
  fail_raw("never", "-1");
  fail_raw("expired", "1000");
  fail_raw("alive", "4102444800");

  EXPECT_EQ(registry().count(), 2);
  EXPECT_THAT(registry().ids(), ElementsAre("never", "alive"));
  EXPECT_THAT(registry().ids(1, 5), ElementsAre("alive"));
  EXPECT_THAT(registry().ids(2), IsEmpty());
  EXPECT_EQ(ask("ZCARD", "rq:failed:q").number, 3);
}

TEST_F(RegistryTest, OfEachKindIsRqs) {
  ask("ZADD", "rq:wip:q", 1, "a:e1", 2, "b");
  ask("ZADD", "rq:deferred:q", 1, "c");
  ask("ZADD", "rq:scheduled:q", 1, "d");
  ask("ZADD", "rq:canceled:q", 1, "e");
  ask("ZADD", "rq:finished:q", "+inf", "f");

  EXPECT_THAT(registry(RegistryKind::started).ids(), ElementsAre("a", "b"));
  EXPECT_THAT(registry(RegistryKind::deferred).ids(), ElementsAre("c"));
  EXPECT_THAT(registry(RegistryKind::scheduled).ids(), ElementsAre("d"));
  EXPECT_THAT(registry(RegistryKind::canceled).ids(), ElementsAre("e"));
  EXPECT_THAT(registry(RegistryKind::finished).ids(), ElementsAre("f"));
}

TEST_F(RegistryTest, ListsJobsOfAPageInTwoRoundTrips) {
  const std::string id = fail_one("boom");
  ask("ZADD", "rq:failed:q", 4102444800, "gone");
  fail_raw("strange", "4102444801");
  ask("HSET", "rq:job:strange", "created_at", "never");
  (void)registry().jobs();
  const std::int64_t reads = test::reads_of_redis(connection);

  const std::vector<JobInfo> jobs = registry().jobs();

  EXPECT_LE(test::reads_of_redis(connection) - reads, 2 + 1);
  ASSERT_THAT(jobs, SizeIs(2));
  EXPECT_EQ(jobs[0].id, id);
  EXPECT_EQ(jobs[0].call().function, "fib.slow_fib");
  EXPECT_EQ(jobs[1].id, "strange");
  EXPECT_THAT(jobs[1].description, HasSubstr("cannot be read"));
}

TEST_F(RegistryTest, RequeuesThoseNamed) {
  fail_many(3);
  const std::vector<std::string> ids{"j0", "j2", "unknown"};

  EXPECT_EQ(registry().requeue(ids), (Registry::BulkResult{.changed = 2, .unchanged = 1}));

  EXPECT_EQ(waiting(), 2);
  EXPECT_THAT(registry().ids(), ElementsAre("j1"));
}

TEST_F(RegistryTest, RequeuesAllInSlicesAndSaysHowFar) {
  fail_many(250);
  ask("DEL", "rq:job:j0");
  std::vector<std::int64_t> steps;

  const auto tally = registry().requeue_all({}, {}, [&steps](std::int64_t seen, std::int64_t all) {
    EXPECT_EQ(all, 250);
    steps.push_back(seen);
  });

  EXPECT_EQ(tally, (Registry::BulkResult{.changed = 249, .gone = 1}));
  EXPECT_THAT(steps, ElementsAre(100, 200, 250));
  EXPECT_EQ(waiting(), 249);
}

TEST_F(RegistryTest, RequeuesThoseOfAnError) {
  const std::string full = fail_one("OSError: disk full");
  fail_one("ValueError: no");

  EXPECT_EQ(registry().requeue_all({.error = "disk full"}),
            (Registry::BulkResult{.changed = 1, .unchanged = 1}));

  EXPECT_THAT(queue.ids(), ElementsAre(full));
}

TEST_F(RegistryTest, RequeuesThoseOfATask) {
  const std::string fib = fail_one("x");
  fail_one("x", {.function = "fib.slow_fibonacci"});

  registry().requeue_all({.task = "fib.slow_fib"});

  EXPECT_THAT(queue.ids(), ElementsAre(fib));
}

TEST_F(RegistryTest, RemovesThoseThatEndedLongAgo) {
  const std::string old = fail_one("x");
  const std::string fresh = fail_one("x");
  ask("HSET", "rq:job:" + fresh, "ended_at", "2100-01-01T00:00:00.000000Z");

  EXPECT_EQ(registry().remove_all({.older_than = 24h}),
            (Registry::BulkResult{.changed = 1, .unchanged = 1}));

  EXPECT_FALSE(queue.fetch(old));
  EXPECT_EQ(ask("EXISTS", "rq:results:" + old).number, 0);
  EXPECT_THAT(registry().ids(), ElementsAre(fresh));
}

TEST_F(RegistryTest, RemovesAllButWhatIsElsewhereByNow) {
  fail_many(150);
  ask("HSET", "rq:job:j7", "status", "queued");

  EXPECT_EQ(registry().remove_all(), (Registry::BulkResult{.changed = 149, .gone = 1}));

  EXPECT_EQ(registry().count(), 0);
  EXPECT_TRUE(queue.fetch("j7"));
}

TEST_F(RegistryTest, RemovesACanceledJobWithAllThatBelongsToIt) {
  const auto job = queue.enqueue(kSlowFib(1));
  queue.job(job.id()).cancel();
  const std::vector<std::string> ids{job.id()};

  EXPECT_EQ(registry(RegistryKind::canceled).remove(ids), (Registry::BulkResult{.changed = 1}));

  EXPECT_EQ(test::dump_keys(connection), "\nrq:queues set rq:queue:q\n");
}

TEST_F(RegistryTest, KeepsSoManyAndThoseThatAreKeptForEver) {
  fail_many(150);
  fail_raw("never", "-1");

  EXPECT_EQ(registry().trim(10), (Registry::BulkResult{.changed = 140}));

  EXPECT_EQ(registry().count(), 11);
  EXPECT_THAT(registry().ids(1, 1), ElementsAre("j140"));
  EXPECT_EQ(registry().trim(10), Registry::BulkResult{});
}

TEST_F(RegistryTest, RefusesWhatCannotBe) {
  EXPECT_THROW(registry(RegistryKind::finished).requeue_all(), InvalidArgument);
  EXPECT_THROW(registry(RegistryKind::started).remove_all(), InvalidArgument);
  EXPECT_THROW(registry().trim(-1), InvalidArgument);
  EXPECT_THROW((void)registry().ids(-1), InvalidArgument);
  EXPECT_THROW(registry().remove_all({.older_than = -1s}), InvalidArgument);
}

TEST_F(RegistryTest, ARemovalIsAtMost5CommandsPerJob) {
  fail_many(1);
  registry().remove_all();
  fail_many(100);
  const std::vector<std::string> ids = registry().ids();
  test::reset_counts(connection);

  registry().remove(ids);

  EXPECT_LE(test::total(test::command_counts(connection)), 5 * 100);
}

}  // namespace
}  // namespace rqpp
