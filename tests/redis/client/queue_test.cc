#include <gmock/gmock.h>

#include "protocol/rights.h"
#include "redis/client/client_test.h"

namespace rqpp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class QueueTest : public ClientTest {};

TEST_F(QueueTest, EnqueuesACallAsRqDoes) {
  const Job<long> job = queue.enqueue(kSlowFib(20));

  const JobInfo info = job.info();
  EXPECT_EQ(info.id, job.id());
  EXPECT_EQ(info.queue, "q");
  EXPECT_EQ(info.status, Status::queued);
  EXPECT_EQ(info.description, "fib.slow_fib(20)");
  EXPECT_EQ(info.call(), kSlowFib(20));
  EXPECT_EQ(info.timeout, 180s);
  EXPECT_EQ(info.ttl, std::nullopt);
  EXPECT_EQ(info.created_at, info.enqueued_at);
  EXPECT_EQ(info.started_at, std::nullopt);
  EXPECT_THAT(queue.ids(), ElementsAre(job.id()));
  EXPECT_EQ(ask("SISMEMBER", "rq:queues", "rq:queue:q").number, 1);
}

TEST_F(QueueTest, TakesTwoCommandsPerJobAndATransactionThatAnnouncesTheQueueForTheFirst) {
  ask("PING");
  test::reset_counts(connection);
  queue.enqueue(kSlowFib(20));
  auto first = test::command_counts(connection);
  first.erase("ping");  // of the greeting
  first.erase("select");
  first.erase("client|setname");

  test::reset_counts(connection);
  queue.enqueue(kSlowFib(21));

  EXPECT_EQ(first, (std::map<std::string, std::int64_t>{
                       {"multi", 1}, {"sadd", 1}, {"hset", 1}, {"rpush", 1}, {"exec", 1}}));
  EXPECT_EQ(test::command_counts(connection),
            (std::map<std::string, std::int64_t>{{"hset", 1}, {"rpush", 1}}));
}

TEST_F(QueueTest, LeavesNoHashOfAJobThatRedisRefuses) {
  for (const char* right : {"hset", "expire", "rpush"}) {
    std::vector<std::string> words{"ACL", "SETUSER", "limited", "reset", "on", ">secret", "~*"};
    for (const auto& command : protocol::rights_of(protocol::Role::producer).commands) {
      words.push_back("+" + command);
    }
    admin().run(redis::Batch{}.add_words(words));
    redis::Settings settings = test::server().settings();
    settings.username = "limited";
    settings.password = "secret";
    Queue limited{"q", {.url = redis::to_url(settings)}};
    limited.enqueue(kSlowFib(20));
    const std::size_t jobs = ask("KEYS", "rq:job:*").elements.size();
    ask("ACL", "SETUSER", "limited", std::string("-") + right);

    EXPECT_THROW(limited.enqueue(kSlowFib(20), {.ttl = 60s}), CommandError) << right;
    EXPECT_EQ(ask("KEYS", "rq:job:*").elements.size(), jobs) << right;
    ask("ACL", "DELUSER", "limited");
  }
}

TEST_F(QueueTest, TakesOptionsOfTheQueueAndOfTheJob) {
  Queue patient{"q", {.url = options().url, .serializer = Serializer::json, .default_timeout = 1h}};

  const auto plain = patient.enqueue(kSlowFib(20)).info();
  const auto special =
      patient
          .enqueue(kSlowFib(20),
                   {.timeout = 30s, .job_id = "mine", .meta = Value::dict({{"a", 1}})})
          .info();

  EXPECT_EQ(plain.timeout, 3600s);
  EXPECT_EQ(plain.serialized_call, R"(["fib.slow_fib", null, [20], {}])");
  EXPECT_EQ(special.timeout, 30s);
  EXPECT_EQ(special.id, "mine");
  EXPECT_EQ(special.meta(), Value::dict({{"a", 1}}));
}

TEST_F(QueueTest, PutsUrgentJobsToTheFront) {
  queue.enqueue(kSlowFib(1), {.job_id = "later"});
  queue.enqueue(kSlowFib(2), {.job_id = "urgent", .at_front = true});

  EXPECT_THAT(queue.ids(), ElementsAre("urgent", "later"));
}

TEST_F(QueueTest, EnqueuesManyInTheirOrderInFewRoundTrips) {
  std::vector<TypedCall<long>> calls;
  for (int n = 0; n < 2'500; ++n) calls.push_back(kSlowFib(n));
  (void)queue.size();
  test::reset_counts(connection);

  const std::vector<Job<long>> jobs = queue.enqueue_many(calls);

  EXPECT_EQ(test::command_counts(connection).at("rpush"), 25);  // a hundred ids each
  ASSERT_THAT(jobs, SizeIs(2'500));
  const auto ids = queue.ids(0, 2'500);
  ASSERT_THAT(ids, SizeIs(2'500));
  for (std::size_t i = 0; i < jobs.size(); ++i) ASSERT_EQ(ids[i], jobs[i].id()) << i;
  EXPECT_EQ(jobs[2'499].info().call(), kSlowFib(2'499));
}

TEST_F(QueueTest, EnqueuesManyInTheirOrderAtTheFront) {
  queue.enqueue(kSlowFib(0), {.job_id = "last"});
  std::vector<Call> calls;
  for (int n = 0; n < 1'500; ++n) calls.push_back(kSlowFib(n));

  const std::vector<AnyJob> jobs = queue.enqueue_many(calls, {.at_front = true});

  const auto ids = queue.ids(0, 2'000);
  ASSERT_THAT(ids, SizeIs(1'501));
  for (std::size_t i = 0; i < jobs.size(); ++i) ASSERT_EQ(ids[i], jobs[i].id()) << i;
  EXPECT_EQ(ids.back(), "last");
}

TEST_F(QueueTest, SplitsAWriteThatWouldBeLarge) {
  // Four mebibytes that do not compress.
  std::string noise(std::size_t{4} << 20, '\0');
  std::uint32_t state = 1;
  for (char& byte : noise) {
    state = state * 1'664'525U + 1'013'904'223U;
    byte = static_cast<char>(state >> 24);
  }
  const std::vector<Call> calls(3, Call{.function = "m.f", .args = {Bytes{noise}}});
  (void)queue.size();
  test::reset_counts(connection);

  queue.enqueue_many(calls);

  EXPECT_GE(test::command_counts(connection).at("rpush"), 2);
  EXPECT_EQ(queue.size(), 3);
}

TEST_F(QueueTest, EnqueuesNothingOfManyWhenOneIsRefused) {
  Queue json{"q", {.url = options().url, .serializer = Serializer::json}};
  const std::vector<Call> calls{{.function = "m.f"}, {.function = "m.f", .args = {Bytes{"x"}}}};

  EXPECT_THROW(json.enqueue_many(calls), InvalidArgument);

  EXPECT_EQ(queue.size(), 0);
}

TEST_F(QueueTest, ListsPages) {
  for (const char* id : {"a", "b", "c", "d"}) queue.enqueue(kSlowFib(1), {.job_id = id});

  EXPECT_THAT(queue.ids(1, 2), ElementsAre("b", "c"));
  EXPECT_THAT(queue.ids(3, 100), ElementsAre("d"));
  EXPECT_THAT(queue.ids(4, 100), IsEmpty());
}

TEST_F(QueueTest, RemovesAnIdAndLeavesTheJob) {
  const auto job = queue.enqueue(kSlowFib(1));

  EXPECT_TRUE(queue.remove(job.id()));
  EXPECT_FALSE(queue.remove(job.id()));

  EXPECT_EQ(queue.size(), 0);
  EXPECT_TRUE(job.exists());
}

TEST_F(QueueTest, EmptiesInSlices) {
  const auto jobs = queue.enqueue_many(std::vector<TypedCall<long>>(250, kSlowFib(1)));
  test::reset_counts(connection);

  EXPECT_EQ(queue.clear(), 250);

  EXPECT_EQ(test::command_counts(connection).at("lpop"), 3);
  EXPECT_EQ(queue.size(), 0);
  EXPECT_FALSE(jobs[0].exists());
  EXPECT_FALSE(jobs[249].exists());
  EXPECT_EQ(queue.clear(), 0);
}

TEST_F(QueueTest, FetchesJobsOfAnyQueue) {
  queue.sibling("other").enqueue(kSlowFib(20), {.job_id = "j1"});

  EXPECT_EQ(queue.fetch("j1")->info().queue, "other");
  EXPECT_EQ(queue.fetch("gone"), std::nullopt);
}

TEST_F(QueueTest, IsAnnouncedOncePerQueueByAllThatShareItsConnections) {
  Queue copy = queue;
  queue.enqueue(kSlowFib(1));
  test::reset_counts(connection);

  copy.enqueue(kSlowFib(1));
  queue.sibling("other").enqueue(kSlowFib(1));

  EXPECT_EQ(test::command_counts(connection).at("sadd"), 1);
}

TEST_F(QueueTest, GoesOnAfterRedisDroppedItsConnection) {
  queue.enqueue(kSlowFib(1));
  ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");

  queue.enqueue(kSlowFib(2));

  EXPECT_EQ(queue.size(), 2);
}

}  // namespace
}  // namespace rqpp
