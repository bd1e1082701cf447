// RQ's limit of how many jobs of a key may be queued or running (scripts/shared/slots.lua).

#include <gmock/gmock.h>

#include "protocol/dependencies.h"
#include "protocol/maintenance.h"
#include "protocol/scheduling.h"
#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ConcurrencyLimitScripts : public ProtocolTest {
 protected:
  static JobRecord limited(const std::string& id, std::int64_t jobs = 1) {
    return {.id = id,
            .origin = "q",
            .status = Status::rate_limited,
            .data = "D",
            .created_at = kNow,
            .limit_key = "api",
            .limit_jobs = jobs};
  }
  void enqueue_limited(std::initializer_list<const char*> ids) {
    for (const char* id : ids) enqueue(limited(id));
  }

  std::vector<std::string> have_slots() {
    return read_ids(ask("ZRANGE", "rq:rl:api:allowed", 0, -1));
  }
  std::vector<std::string> waiting() {
    return read_ids(ask("ZRANGE", "rq:rl:api:rate_limited", 0, -1));
  }
  std::vector<std::string> queued() { return read_ids(ask("LRANGE", "rq:queue:q", 0, -1)); }
  std::string clean(const std::string& cursor = "0") {
    return read_cursor(connection.run(clean_slots("api", cursor, kLater)).at(0));
  }
};

TEST_F(ConcurrencyLimitScripts, QueueWhatHasASlotAndLetTheOthersWait) {
  enqueue_limited({"j1", "j2"});

  EXPECT_THAT(queued(), ElementsAre("j1"));
  EXPECT_THAT(have_slots(), ElementsAre("j1"));
  EXPECT_THAT(waiting(), ElementsAre("j2"));
  EXPECT_EQ(status("j1"), "queued");
  EXPECT_EQ(status("j2"), "rate_limited");
  EXPECT_EQ(ask("HGET", "rq:job:j1", "enqueued_at").text, kNowIso);
  EXPECT_EQ(ask("HEXISTS", "rq:job:j2", "enqueued_at").number, 0);
  EXPECT_EQ(ask("HGET", "rq:rl:api", "concurrency").text, "1");
  EXPECT_THAT(read_ids(ask("SMEMBERS", "rq:rl-keys")), ElementsAre("api"));
}

TEST_F(ConcurrencyLimitScripts, CountOneKeyAcrossQueues) {
  enqueue(limited("j1"));
  JobRecord other = limited("j2");
  other.origin = "other";
  enqueue(other);

  EXPECT_EQ(status("j2"), "rate_limited");
}

TEST_F(ConcurrencyLimitScripts, LetSeveralInWhenTheLimitIsRaised) {
  enqueue_limited({"j1", "j2", "j3"});

  enqueue(limited("j4", 3));

  EXPECT_THAT(queued(), ElementsAre("j1", "j2", "j3"));
  EXPECT_THAT(waiting(), ElementsAre("j4"));
}

TEST_F(ConcurrencyLimitScripts, QueueAtTheFrontWhatSaysSo) {
  enqueue(job("j0"));
  JobRecord urgent = limited("j1");
  urgent.enqueue_at_front = true;
  enqueue(urgent);

  EXPECT_THAT(queued(), ElementsAre("j1", "j0"));
}

TEST_F(ConcurrencyLimitScripts, PassOverWhatHasGoneMeanwhile) {
  enqueue_limited({"j1", "gone", "elsewhere", "j2"});
  connection.run(redis::Batch{}.add("DEL", "rq:job:gone"));
  connection.run(redis::Batch{}.add("HSET", "rq:job:elsewhere", "status", "finished"));

  succeed(limited("j1"), claim({"q"}).started.at(0).run);

  EXPECT_THAT(queued(), ElementsAre("j2"));
  EXPECT_THAT(waiting(), IsEmpty());
}

TEST_F(ConcurrencyLimitScripts, LetTheNextInWhenAJobHasSucceeded) {
  enqueue_limited({"j1", "j2"});
  const Execution run = claim({"q"}).started.at(0).run;
  EXPECT_EQ(status("j2"), "rate_limited") << "the slot is the run's";

  succeed(limited("j1"), run);

  EXPECT_THAT(queued(), ElementsAre("j2"));
  EXPECT_THAT(have_slots(), ElementsAre("j2"));
}

TEST_F(ConcurrencyLimitScripts, LetTheNextInWhenAJobHasFailedOrLeavesNothing) {
  enqueue_limited({"j1", "j2", "j3"});
  fail(limited("j1"), claim({"q"}).started.at(0).run);
  EXPECT_THAT(queued(), ElementsAre("j2"));

  JobRecord forgotten = limited("j2");
  forgotten.result_ttl_seconds = 0;
  succeed(forgotten, claim({"q"}).started.at(0).run);

  EXPECT_THAT(queued(), ElementsAre("j3"));
}

TEST_F(ConcurrencyLimitScripts, KeepTheSlotOfARunWhoseJobIsDeletedUntilItEnds) {
  enqueue_limited({"j1", "j2"});
  const Execution run = claim({"q"}).started.at(0).run;

  connection.run(delete_job("j1", kNow));
  clean();
  EXPECT_THAT(have_slots(), ElementsAre("j1")) << "it runs";
  const Execution runs[] = {run};
  ask("ZADD", "rq:executions:j1", "XX", 1011, "e1");
  connection.run(renew(runs, 90s, kLater));
  EXPECT_EQ(score("rq:executions:j1", "e1"), "1160") << "RQ sees by it that it runs";
  EXPECT_EQ(status("j1"), "");

  EXPECT_FALSE(succeed(limited("j1"), run).held);

  EXPECT_THAT(queued(), ElementsAre("j2"));
  EXPECT_THAT(have_slots(), ElementsAre("j2"));
  EXPECT_EQ(ask("EXISTS", "rq:job:j1", "rq:results:j1", "rq:executions:j1").number, 0);
}

TEST_F(ConcurrencyLimitScripts, KeepTheSlotOfACanceledRunThatIsDeletedAndPutBack) {
  enqueue_limited({"j1", "j2"});
  const Execution run = claim({"q"}).started.at(0).run;
  connection.run(cancel("j1", kNow));

  connection.run(delete_job("j1", kNow));
  EXPECT_THAT(have_slots(), ElementsAre("j1"));
  EXPECT_EQ(number(put_back(run, {}, kNow)), 0);

  EXPECT_THAT(queued(), ElementsAre("j2"));
}

TEST_F(ConcurrencyLimitScripts, LetANewJobOfTheSameIdWaitForTheRunOfTheOldOne) {
  enqueue_limited({"j1"});
  const Execution run = claim({"q"}).started.at(0).run;
  connection.run(delete_job("j1", kNow));

  JobRecord again = limited("j1");
  again.created_at = kLater;
  enqueue(again);
  EXPECT_EQ(status("j1"), "rate_limited");
  EXPECT_FALSE(succeed(limited("j1"), run).held);

  EXPECT_EQ(status("j1"), "queued");
  EXPECT_THAT(have_slots(), ElementsAre("j1"));
}

TEST_F(ConcurrencyLimitScripts, GiveBackTheSlotOfADeletedRunWhoseWorkerIsLost) {
  enqueue_limited({"j1", "j2"});
  claim({"q"});
  connection.run(delete_job("j1", kNow));

  read_cursor(connection.run(clean_slots("api", "0", kNow + 151s)).at(0));

  EXPECT_THAT(queued(), ElementsAre("j2"));
}

TEST_F(ConcurrencyLimitScripts, KeepTheSlotOfAJobThatRunsAgainAtOnce) {
  enqueue_limited({"j1", "j2"});

  connection.run(put_back(claim({"q"}).started.at(0).run, {.retries_left = 1}, kNow));

  EXPECT_THAT(queued(), ElementsAre("j1"));
  EXPECT_THAT(have_slots(), ElementsAre("j1"));
}

TEST_F(ConcurrencyLimitScripts, GiveTheSlotToOthersWhileAJobWaitsForItsRetry) {
  enqueue_limited({"j1", "j2"});

  connection.run(put_back(claim({"q"}).started.at(0).run, {.due = kNow + 30s}, kNow));

  EXPECT_THAT(queued(), ElementsAre("j2"));
  EXPECT_EQ(status("j1"), "scheduled");
}

TEST_F(ConcurrencyLimitScripts, LetAJobWhoseTimeHasComeWaitForASlot) {
  enqueue_limited({"j1"});
  JobRecord later = limited("j2");
  later.status = Status::scheduled;
  connection.run(schedule(std::span(&later, 1), kNow - 1s));
  connection.run(redis::Batch{}.add("SET", "rq:scheduler-lock:q", "s"));

  const std::vector<std::string> queues{"q"};
  connection.run(enqueue_due("s", queues, 10, kNow));

  EXPECT_THAT(queued(), ElementsAre("j1"));
  EXPECT_EQ(status("j2"), "rate_limited");
  EXPECT_THAT(waiting(), ElementsAre("j2"));
}

TEST_F(ConcurrencyLimitScripts, LetAJobThatWaitedForOthersWaitForASlot) {
  enqueue_limited({"j1"});
  enqueue(job("parent"));
  JobRecord child = limited("j2");
  child.status = Status::deferred;
  child.dependency_ids = {"parent"};
  enqueue(child);

  connection.run(release(
      {.job_id = "parent", .status = Status::finished, .dependents = {"j2"}, .last = true}, kNow));

  EXPECT_EQ(status("j2"), "rate_limited");
  EXPECT_EQ(ask("ZCARD", "rq:deferred:q").number, 0);
  EXPECT_THAT(waiting(), ElementsAre("j2"));
}

TEST_F(ConcurrencyLimitScripts, LetAJobThatIsRequeuedWaitForASlot) {
  enqueue_limited({"j1", "j2"});
  fail(limited("j1"), claim({"q"}).started.at(0).run);

  EXPECT_EQ(number(requeue("j1", Position::back, kNow)), 1);

  EXPECT_EQ(status("j1"), "rate_limited");
  EXPECT_THAT(queued(), ElementsAre("j2"));
  EXPECT_EQ(ask("ZCARD", "rq:failed:q").number, 0);
}

TEST_F(ConcurrencyLimitScripts, LetTheNextInWhenAQueuedJobIsCanceledOrDeleted) {
  enqueue_limited({"j1", "j2", "j3"});

  EXPECT_EQ(number(cancel("j1", kNow)), 1);
  EXPECT_THAT(queued(), ElementsAre("j2"));

  EXPECT_EQ(number(delete_job("j2", kNow)), 1);
  EXPECT_THAT(queued(), ElementsAre("j3"));
}

TEST_F(ConcurrencyLimitScripts, ForgetAJobThatWaitsAndIsCanceledOrDeleted) {
  enqueue_limited({"j1", "j2", "j3"});

  EXPECT_EQ(number(cancel("j2", kNow)), 1);
  EXPECT_EQ(number(delete_job("j3", kNow)), 1);

  EXPECT_THAT(waiting(), IsEmpty());
  EXPECT_THAT(have_slots(), ElementsAre("j1"));
}

TEST_F(ConcurrencyLimitScripts, LeaveTheSlotOfACanceledJobToItsRun) {
  enqueue_limited({"j1", "j2", "j3"});
  const Execution run = claim({"q"}).started.at(0).run;

  connection.run(cancel("j1", kNow));
  EXPECT_EQ(status("j2"), "rate_limited");
  EXPECT_FALSE(succeed(limited("j1"), run).held);

  EXPECT_THAT(have_slots(), ElementsAre("j2"));
  connection.run(cancel("j2", kNow));
  EXPECT_THAT(queued(), ElementsAre("j3"));
  const Execution last = claim({"q"}).started.at(0).run;
  connection.run(cancel("j3", kNow));
  EXPECT_EQ(number(put_back(last, {}, kNow)), 0);
  EXPECT_THAT(have_slots(), IsEmpty());
}

TEST_F(ConcurrencyLimitScripts, AreGivenBackByMaintenanceWhenTheirJobsAreGone) {
  enqueue_limited({"j1", "j2"});
  connection.run(redis::Batch{}.add("DEL", "rq:job:j1"));

  EXPECT_EQ(clean(), "0");

  EXPECT_THAT(have_slots(), ElementsAre("j2"));
  EXPECT_THAT(queued(), ElementsAre("j1", "j2"));
}

TEST_F(ConcurrencyLimitScripts, AreKeptByMaintenanceForWhatIsQueuedOrRunsStill) {
  enqueue_limited({"j1", "j2"});
  EXPECT_EQ(clean(), "0");
  EXPECT_THAT(have_slots(), ElementsAre("j1"));
  claim({"q"});

  connection.run(redis::Batch{}.add("HSET", "rq:job:j1", "status", "canceled"));
  EXPECT_EQ(clean(), "0");

  EXPECT_THAT(have_slots(), ElementsAre("j1")) << "it has an execution";
}

TEST_F(ConcurrencyLimitScripts, AreCleanedByPagesAndForgottenWhenNobodyUsesThem) {
  for (int i = 0; i < 150; ++i) {
    connection.run(redis::Batch{}.add("ZADD", "rq:rl:api:allowed", i, "gone" + std::to_string(i)));
  }
  enqueue(limited("j1", 200));
  EXPECT_EQ(clean(), "1");
  EXPECT_THAT(have_slots(), testing::SizeIs(51));
  EXPECT_EQ(clean("1"), "0");
  EXPECT_THAT(have_slots(), ElementsAre("j1"));

  succeed(limited("j1"), claim({"q"}).started.at(0).run);
  EXPECT_EQ(clean(), "0");

  EXPECT_EQ(ask("EXISTS", "rq:rl-keys", "rq:rl:api", "rq:rl:api:allowed").number, 0);
}

TEST_F(ConcurrencyLimitScripts, OfPoisonedKeysKeepNobodyFromItsEnd) {
  enqueue_limited({"j1", "j2"});
  const Execution run = claim({"q"}).started.at(0).run;
  ask("DEL", "rq:rl:api:allowed", "rq:rl:api:rate_limited");
  ask("SET", "rq:rl:api:allowed", "text");
  ask("SET", "rq:rl:api:rate_limited", "text");

  EXPECT_TRUE(succeed(limited("j1"), run).held);
  EXPECT_EQ(clean(), "0");

  EXPECT_EQ(status("j1"), "finished");
}

TEST_F(ConcurrencyLimitScripts, WaitOnWhereTheQueueIsNoList) {
  enqueue_limited({"j1", "j2"});
  const Execution run = claim({"q"}).started.at(0).run;
  ask("SET", "rq:queue:q", "text");

  EXPECT_TRUE(succeed(limited("j1"), run).held);
  EXPECT_THAT(waiting(), ElementsAre("j2"));
  ask("DEL", "rq:queue:q");
  clean();

  EXPECT_THAT(queued(), ElementsAre("j2"));
}

// RQ names a slot by its job alone.
TEST_F(ConcurrencyLimitScripts, CountTheRunOfTheOldJobBesideANewOneOfItsId) {
  enqueue(limited("j1", 2));
  const Execution run = claim({"q"}).started.at(0).run;
  connection.run(delete_job("j1", kNow));
  JobRecord again = limited("j1", 2);
  again.created_at = kNow + 5s;
  enqueue(again);
  EXPECT_EQ(status("j1"), "rate_limited") << "the slot is the old run's";

  enqueue(limited("j2", 2));
  EXPECT_EQ(status("j2"), "queued") << "which keeps no other from the next slot";
  EXPECT_THAT(have_slots(), testing::UnorderedElementsAre("j1", "j2"));
  EXPECT_FALSE(succeed(limited("j1", 2), run).held);

  EXPECT_EQ(status("j1"), "queued");
  EXPECT_THAT(have_slots(), testing::UnorderedElementsAre("j1", "j2"));
  EXPECT_THAT(waiting(), IsEmpty());
}

// A worker of RQ before 3.0 gave none back.
TEST_F(ConcurrencyLimitScripts, GiveAStaleSlotToANewJobOfItsId) {
  ask("ZADD", "rq:rl:api:allowed", 1, "j1");

  enqueue(limited("j1", 2));

  EXPECT_EQ(status("j1"), "queued");
}

TEST_F(ConcurrencyLimitScripts, GiveBackTheSlotOfADeletedRunWithItsLostWorker) {
  for (const bool canceled : {false, true}) {
    connection.run(birth({.name = "w", .queues = {"q"}}, {.worker = "w"}, {}, {}));
    enqueue_limited({"j1", "j2"});
    claim({"q"});
    connection.run(canceled ? cancel("j1", kNow) : delete_job("j1", kNow));
    EXPECT_THAT(have_slots(), ElementsAre("j1"));
    ask("ZADD", "rqpp:leases", 1, "w");
    begin_session("heir");

    connection.run(
        inherit({.lost = "w", .heir = {.worker = "heir"}, .execution_ids = {"x1"}}, {}, kNow));

    EXPECT_THAT(queued(), ElementsAre("j2"));
    EXPECT_THAT(have_slots(), ElementsAre("j2"));
    ask("FLUSHDB");
  }
}

}  // namespace
}  // namespace rqpp::protocol
