#include "protocol/scheduling.h"

#include <gmock/gmock.h>

#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Scheduling : public ProtocolTest {
 protected:
  Scheduling() { ask("SET", "rq:scheduler-lock:q", "42"); }

  void schedule(const JobRecord& record, Time due = kNow) {
    JobRecord later = record;
    later.status = Status::scheduled;
    connection.run(protocol::schedule(std::span(&later, 1), due));
  }
  Moved enqueue_due(Time now = kNow, int most = 100) {
    const std::vector<std::string> queues{"q"};
    return read_moved(connection.run(protocol::enqueue_due("42", queues, most, now)).at(0)).at(0);
  }
  std::vector<std::string> queued(const std::string& queue = "q") {
    return read_ids(ask("LRANGE", "rq:queue:" + queue, 0, -1));
  }
  std::vector<std::string> waiting() { return read_ids(ask("ZRANGE", "rq:scheduled:q", 0, -1)); }

  std::vector<QueueHold> hold(std::string_view who, std::chrono::seconds lease = 30s) {
    const std::vector<std::string> queues{"q", "p"};
    return read_queue_holds(connection.run(hold_queues(who, queues, lease)).at(0));
  }
};

TEST_F(Scheduling, EnqueuesWhatIsDueAndNothingElse) {
  schedule(job("j1"), kNow);
  schedule(job("j2"), kNow + 1s);

  EXPECT_EQ(enqueue_due(), (Moved{.count = 1}));

  EXPECT_THAT(queued(), ElementsAre("j1"));
  EXPECT_THAT(waiting(), ElementsAre("j2"));
  EXPECT_EQ(status("j1"), "queued");
  EXPECT_EQ(ask("HGET", "rq:job:j1", "enqueued_at").text, kNowIso);
  EXPECT_EQ(status("j2"), "scheduled");
}

TEST_F(Scheduling, KeepsTheOrderOfTimes) {
  schedule(job("j3"), kNow - 1s);
  schedule(job("j1"), kNow - 3s);
  schedule(job("j2"), kNow - 2s);

  enqueue_due();

  EXPECT_THAT(queued(), ElementsAre("j1", "j2", "j3"));
}

TEST_F(Scheduling, TakesNoMoreThanItShould) {
  for (int i = 0; i < 5; ++i) schedule(job("j" + std::to_string(i)));

  EXPECT_EQ(enqueue_due(kNow, 2).count, 2);

  EXPECT_THAT(queued(), SizeIs(2));
  EXPECT_THAT(waiting(), SizeIs(3));
}

TEST_F(Scheduling, PutsJobsToTheFrontThatSaySo) {
  schedule({.id = "urgent", .origin = "q", .data = "D", .enqueue_at_front = true});
  schedule(job("j1"));
  // A retry, and a job that has not run yet.
  schedule(
      {.id = "again", .origin = "q", .data = "D", .enqueued_at = kNow, .retry_at_front = true});
  schedule({.id = "new", .origin = "q", .data = "D", .retry_at_front = true});

  enqueue_due();

  EXPECT_THAT(queued(), testing::UnorderedElementsAre("urgent", "again", "j1", "new"));
  EXPECT_THAT(queued(), ElementsAre(testing::AnyOf("urgent", "again"),
                                    testing::AnyOf("urgent", "again"), "j1", "new"));
}

TEST_F(Scheduling, LetsAJobsTtlBeginAnew) {
  JobRecord record = job("j1");
  record.ttl_seconds = 60;
  schedule(record);
  ask("EXPIRE", "rq:job:j1", 5);

  enqueue_due();

  EXPECT_EQ(ttl("rq:job:j1"), 60);
}

TEST_F(Scheduling, GivesAJobTheTimeoutWithoutWhichPythonsWorkersDie) {
  schedule(job("j1"));

  enqueue_due();

  EXPECT_EQ(ask("HGET", "rq:job:j1", "timeout").text, "180");
}

TEST_F(Scheduling, ChangesNothingInAQueueWhoseLockIsAnothers) {
  schedule(job("j1"));
  for (const char* other : {"43", ""}) {
    ask("SET", "rq:scheduler-lock:q", other);
    const std::string before = keys();

    EXPECT_EQ(enqueue_due(), Moved{.ours = false});
    EXPECT_EQ(keys(), before);
  }
  ask("DEL", "rq:scheduler-lock:q");
  EXPECT_EQ(enqueue_due(), Moved{.ours = false});
  EXPECT_THAT(queued(), IsEmpty());
}

// RQ writes the id before its job.
TEST_F(Scheduling, LooksAgainForAJobThatIsMissing) {
  ask("ZADD", "rq:scheduled:q", 1000, "j1");
  schedule(job("j2"));

  EXPECT_EQ(enqueue_due(), Moved{.count = 1});
  EXPECT_THAT(waiting(), ElementsAre("j1"));
  EXPECT_EQ(enqueue_due(kNow + 1s), Moved{});
  ask("HSET", "rq:job:j1", "data", "D");

  EXPECT_EQ(enqueue_due(kNow + 3s), Moved{.count = 1});
  EXPECT_THAT(queued(), ElementsAre("j2", "j1"));
  EXPECT_EQ(ask("HGET", "rq:job:j1", "origin").text, "q");
}

TEST_F(Scheduling, DropsAJobThatIsMissingForGood) {
  ask("ZADD", "rq:scheduled:q", 1000, "gone");
  ask("ZADD", "rq:scheduled:q", 1000, "fragment");
  ask("HSET", "rq:job:fragment", "last_heartbeat", "1");
  enqueue_due();

  EXPECT_THAT(
      enqueue_due(kNow + 3s).dropped,
      testing::UnorderedElementsAre(Moved::Dropped{"gone", "it was deleted or has expired"},
                                    Moved::Dropped{"fragment", "it was deleted or has expired"}));
  EXPECT_THAT(waiting(), IsEmpty());
  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(Scheduling, DropsWhatCannotBeAJobAndGoesOn) {
  ask("SET", "rq:job:text", "x");
  ask("ZADD", "rq:scheduled:q", 990, "text");
  schedule(job("canceled"), kNow - 5s);
  ask("HSET", "rq:job:canceled", "status", "canceled");
  schedule(job("j1"));

  const Moved moved = enqueue_due();

  EXPECT_EQ(moved.count, 1);
  EXPECT_THAT(moved.dropped, ElementsAre(Moved::Dropped{"text", "its key is no hash"},
                                         Moved::Dropped{"canceled", "it was canceled"}));
  EXPECT_THAT(queued(), ElementsAre("j1"));
  EXPECT_THAT(waiting(), IsEmpty());
}

// Whatever is wrong with its other fields is for the worker to say.
TEST_F(Scheduling, EnqueuesAJobWithMalformedFields) {
  schedule(job("j1"));
  ask("HSET", "rq:job:j1", "ttl", "1.5x", "enqueue_at_front", "True", "ended_at", "yesterday",
      "timeout", "soon", "status", "\xff");

  EXPECT_EQ(enqueue_due(), Moved{.count = 1});
  EXPECT_THAT(queued(), ElementsAre("j1"));
}

TEST_F(Scheduling, LosesNothingWhenTheQueueIsNoList) {
  schedule(job("j1"));
  ask("SET", "rq:queue:q", "x");
  const std::string before = keys();

  EXPECT_THAT(enqueue_due().error, testing::HasSubstr("WRONGTYPE"));
  EXPECT_EQ(keys(), before);

  ask("DEL", "rq:queue:q");
  EXPECT_EQ(enqueue_due().count, 1);
}

TEST_F(Scheduling, SaysWhenTheScheduledJobsAreNoSortedSet) {
  ask("SET", "rq:scheduled:q", "x");

  EXPECT_THAT(enqueue_due().error, testing::HasSubstr("WRONGTYPE"));
}

TEST_F(Scheduling, ServesManyQueuesInOneCall) {
  ask("SET", "rq:scheduler-lock:p", "42");
  schedule(job("j1", "q"));
  schedule(job("j2", "p"));
  const std::vector<std::string> queues{"q", "not-ours", "p"};

  const auto all = read_moved(connection.run(protocol::enqueue_due("42", queues, 33, kNow)).at(0));

  EXPECT_THAT(all, ElementsAre(Moved{.count = 1}, Moved{.ours = false}, Moved{.count = 1}));
  EXPECT_THAT(queued("p"), ElementsAre("j2"));
}

TEST_F(Scheduling, CancelAndDeleteTakeAJobBackThatIsScheduled) {
  schedule(job("j1"));
  schedule(job("j2"));

  EXPECT_EQ(number(cancel("j1", kNow)), 1);
  EXPECT_EQ(number(delete_job("j2", kNow)), 1);

  EXPECT_THAT(waiting(), IsEmpty());
  EXPECT_EQ(enqueue_due(), Moved{});
  EXPECT_EQ(status("j1"), "canceled");
}

TEST_F(Scheduling, HoldsAQueueForOneAtATime) {
  ask("DEL", "rq:scheduler-lock:q");

  EXPECT_THAT(hold("42"), ElementsAre(QueueHold{.ours = true}, QueueHold{.ours = true}));
  EXPECT_EQ(ttl("rq:scheduler-lock:q"), 30);
  const auto others = hold("43", 60s);

  EXPECT_FALSE(others.at(0).ours);
  EXPECT_LE(others.at(0).others_for, 30s);
  EXPECT_GT(others.at(0).others_for, 20s);
  EXPECT_LE(ttl("rq:scheduler-lock:q"), 30);
  hold("42", 60s);
  EXPECT_EQ(ttl("rq:scheduler-lock:q"), 60);
}

TEST_F(Scheduling, LeavesALockAloneThatDoesNotRunOut) {
  ask("SET", "rq:scheduler-lock:q", "1234");
  ask("SADD", "rq:scheduler-lock:p", "no text");

  EXPECT_THAT(hold("42"), ElementsAre(QueueHold{}, QueueHold{}));
}

TEST_F(Scheduling, ReleasesItsOwnLocksOnly) {
  ask("SET", "rq:scheduler-lock:p", "43");
  const std::vector<std::string> queues{"q", "p", "free"};

  EXPECT_EQ(number(release_queues("42", queues)), 1);

  EXPECT_EQ(ask("EXISTS", "rq:scheduler-lock:q").number, 0);
  EXPECT_EQ(ask("GET", "rq:scheduler-lock:p").text, "43");
}

TEST_F(Scheduling, CostsTwoCommandsPerJob) {
  for (int i = 0; i < 100; ++i) schedule(job("j" + std::to_string(i)));
  enqueue_due(kNow - 1h);  // the script is known now
  test::reset_counts(admin());

  EXPECT_EQ(enqueue_due().count, 100);

  const auto cost = test::command_counts(admin());
  EXPECT_EQ(cost.at("evalsha"), 1);
  EXPECT_LE(test::total(cost), 2 * 100 + 5);
}

}  // namespace
}  // namespace rqpp::protocol
