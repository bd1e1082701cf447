#include <fmt/format.h>
#include <gmock/gmock.h>

#include "protocol/rate_limit.h"
#include "redis/protocol/protocol_test.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ClaimScript : public ProtocolTest {};

TEST_F(ClaimScript, MovesAJobFromItsQueueToItsRunInOneStep) {
  enqueue(job("j1"));

  const Claim claimed = claim({"q"});

  EXPECT_THAT(claimed.skipped, IsEmpty());
  ASSERT_THAT(claimed.started, SizeIs(1));
  EXPECT_EQ(claimed.started[0].run,
            (Execution{.id = "e1", .job_id = "j1", .queue = "q", .worker = "w"}));
  // The values are those of before the claim.
  EXPECT_EQ(read_whole_job("j1", claimed.started[0].fields), job("j1"));
  EXPECT_EQ(keys(), R"(
rq:execution:j1:e1 hash created_at=1000.0 id=e1 job_id=j1 last_heartbeat=1000.0 worker_name=w (ttl 90)
rq:executions:j1 zset e1=1150 (ttl 150)
rq:job:j1 hash data=D last_heartbeat=1970-01-01T00:16:40.000000Z origin=q started_at=1970-01-01T00:16:40.000000Z status=started worker_name=w
rq:wip:q zset j1:e1=1090
rq:worker:w hash current_job=j1 current_job_working_time=0 state=busy
rq:worker:w:executions set j1:e1
rqpp:runs:w zset begun=1999999 j1:e1=0 session-1=-1
)");
}

TEST_F(ClaimScript, WritesNothingButTheOwnerOfARunThatIsSoonOver) {
  start_unshown(job("j1"));

  EXPECT_EQ(keys(), R"(
rq:job:j1 hash data=D origin=q status=queued
rq:worker:w hash current_job=j1 current_job_working_time=0 state=busy
rqpp:runs:w zset begun=1999999 j1:e1=1000000 session-1=-1
)");
}

class ClaimAhead : public ClaimScript {
 protected:
  /// Of the jobs that are taken by the claim of this number, the first `at_once` begin; and those
  /// that were taken ahead up to the claim `begun`.
  Claim take(std::int64_t number, std::vector<std::string> executions, int at_once,
             std::int64_t begun = 1) {
    ClaimRequest request{.claimant = {.worker = "w", .begun = begun},
                         .number = number,
                         .queues = {"q"},
                         .begins_ahead = begun > 1,
                         .show = false};
    request.ahead = static_cast<int>(executions.size()) - at_once;
    request.execution_ids = std::move(executions);
    return read_claim(connection.run(protocol::claim(request, 90s, kNow)).at(0), "w");
  }
  bool has_begun(const std::string& member) {
    return std::stod(score("rqpp:runs:w", member)) <= std::stod(score("rqpp:runs:w", "begun"));
  }
};

TEST_F(ClaimAhead, TellsWhatDoesNotBeginAtOnce) {
  for (const char* id : {"j1", "j2", "j3"}) enqueue(job(id));

  const Claim claimed = take(2, {"e1", "e2", "e3", "e4"}, 1);

  EXPECT_TRUE(claimed.started.at(0).begun);
  EXPECT_FALSE(claimed.started.at(1).begun);
  EXPECT_FALSE(claimed.started.at(2).begun);
  EXPECT_TRUE(has_begun("j1:e1"));
  EXPECT_FALSE(has_begun("j2:e2"));
  EXPECT_FALSE(has_begun("j3:e3"));
}

TEST_F(ClaimAhead, TheNextClaimSaysThatTheyBegin) {
  for (const char* id : {"j1", "j2", "j3"}) enqueue(job(id));
  take(2, {"e1", "e2"}, 1);

  take(3, {"e3"}, 0, 2);
  EXPECT_TRUE(has_begun("j2:e2"));
  EXPECT_FALSE(has_begun("j3:e3"));
  take(4, {"e4"}, 0, 3);  // finds nothing

  EXPECT_TRUE(has_begun("j3:e3"));
}

TEST_F(ClaimAhead, SoDoesAWorkerThatClaimsNoMore) {
  for (const char* id : {"j1", "j2"}) enqueue(job(id));
  take(2, {"e1", "e2"}, 1);

  connection.run(begin_ahead({.worker = "w", .begun = 2}));

  EXPECT_TRUE(has_begun("j2:e2"));
}

TEST_F(ClaimAhead, OfFewerJobsThanIdleHorsesAllBegin) {
  enqueue(job("j1"));

  EXPECT_TRUE(take(2, {"e1", "e2", "e3"}, 2).started.at(0).begun);
  EXPECT_TRUE(has_begun("j1:e1"));
}

/// What a worker has sent before it was cut off may reach Redis later.
class LateClaim : public ClaimScript {
 protected:
  void expect_refused() {
    enqueue(job("j1"));
    enqueue(job("j2"));
    ask("RPUSH", "rqpp:inbox:w", "arrived");
    enqueue(job("arrived"));
    ask("RPOP", "rq:queue:q");
    const std::string before = keys();

    EXPECT_THROW(claim({"q"}, 5, true), CommandError);

    EXPECT_EQ(ask("LLEN", "rq:queue:q").number, 3);
    EXPECT_EQ(read_ids(ask("LRANGE", "rq:queue:q", 0, -1)).front(), "arrived");
    ask("LMOVE", "rq:queue:q", "rqpp:inbox:w", "LEFT", "RIGHT");
    EXPECT_EQ(keys(), before);
  }
};

TEST_F(LateClaim, OfAnEarlierSessionTakesNothing) {
  ask("ZADD", "rqpp:leases", 1, "w");
  EXPECT_EQ(born(resume({.worker = "w", .session = 2, .begun = 7}, 10s)), 1);

  expect_refused();

  EXPECT_EQ(score("rqpp:runs:w", "begun"), "7999999");
}

TEST_F(LateClaim, OfAWorkerThatWasGivenUpTakesNothing) {
  ask("DEL", "rqpp:runs:w");

  expect_refused();
}

TEST_F(LateClaim, WhoseRunsAreOfAWrongTypeTakesNothing) {
  ask("DEL", "rqpp:runs:w");
  ask("SET", "rqpp:runs:w", "x");

  expect_refused();
}

TEST_F(ClaimScript, WritesNothingWhenThereIsNothing) {
  const std::string before = keys();

  EXPECT_THAT(claim({"q", "low"}).started, IsEmpty());

  EXPECT_EQ(keys(), before);
}

TEST_F(ClaimScript, TakesFromTheFirstQueueThatHasAny) {
  enqueue(job("l1", "low"));
  enqueue(job("h1", "high"));
  enqueue(job("h2", "high"));

  EXPECT_THAT(ids(claim({"high", "low"}, 2)), ElementsAre("h1", "h2"));
  EXPECT_THAT(ids(claim({"high", "low"}, 2)), ElementsAre("l1"));
}

TEST_F(ClaimScript, GoesOnWithTheNextQueueForTheRest) {
  enqueue(job("l1", "low"));
  enqueue(job("h1", "high"));

  EXPECT_THAT(ids(claim({"high", "low"}, 3)), ElementsAre("h1", "l1"));
}

// As of servers before 7.0.
TEST_F(ClaimScript, NeedsNoLmpop) {
  enqueue(job("l1", "low"));
  enqueue(job("h1", "high"));
  ask("ACL", "SETUSER", "default", "-lmpop");

  const Claim claimed = claim({"empty", "high", "low"}, 3);

  ask("ACL", "SETUSER", "default", "+lmpop");
  EXPECT_THAT(ids(claimed), ElementsAre("h1", "l1"));
}

TEST_F(ClaimScript, LooksIntoTheInboxFirstWhenAsked) {
  enqueue(job("waits"));
  enqueue(job("arrived"));
  ask("RPOP", "rq:queue:q");
  ask("RPUSH", "rqpp:inbox:w", "arrived");

  EXPECT_THAT(ids(claim({"q"}, 1, false)), ElementsAre("waits"));
  EXPECT_THAT(ids(claim({"q"}, 1, true)), ElementsAre("arrived"));
}

TEST_F(ClaimScript, TakesTheQueueThatTheJobNamesForItsRegistries) {
  enqueue(job("j1", "origin"));
  ask("RENAME", "rq:queue:origin", "rq:queue:other");

  EXPECT_EQ(claim({"other"}).started.at(0).run.queue, "origin");
  EXPECT_EQ(score("rq:wip:origin", "j1:e1"), "1090");
}

TEST_F(ClaimScript, TakesTheListsQueueForAJobThatNamesNone) {
  ask("HSET", "rq:job:j1", "data", "D");
  ask("RPUSH", "rq:queue:q", "j1");

  EXPECT_EQ(claim({"q"}).started.at(0).run.queue, "q");
}

TEST_F(ClaimScript, KeepsAJobThatHadATimeToLive) {
  JobRecord mortal = job("j1");
  mortal.ttl_seconds = 60;
  enqueue(mortal);
  ASSERT_EQ(ttl("rq:job:j1"), 60);

  claim({"q"});

  EXPECT_EQ(ttl("rq:job:j1"), -1);
}

TEST_F(ClaimScript, SkipsWhatCannotRunAndSaysWhy) {
  ask("RPUSH", "rq:queue:q", "gone", "canceled", "string");
  ask("HSET", "rq:job:canceled", "data", "D", "status", "canceled", "origin", "q");
  ask("SET", "rq:job:string", "x");
  enqueue(job("good"));

  const Claim claimed = claim({"q"});

  EXPECT_THAT(ids(claimed), ElementsAre("good"));
  ASSERT_THAT(claimed.skipped, SizeIs(3));
  EXPECT_EQ(claimed.skipped[0].job_id, "gone");
  EXPECT_EQ(claimed.skipped[0].reason, "it was deleted or has expired");
  EXPECT_EQ(claimed.skipped[1].reason, "it was canceled");
  EXPECT_EQ(claimed.skipped[2].reason, "its key is no hash");
  EXPECT_EQ(status("canceled"), "canceled");
}

TEST_F(ClaimScript, FailsAJobWhoseOtherKeysAreOfAWrongType) {
  enqueue(job("bad"));
  enqueue(job("good"));
  ask("SET", "rq:executions:bad", "x");

  const Claim claimed = claim({"q"}, 2);

  EXPECT_THAT(ids(claimed), ElementsAre("good"));
  EXPECT_THAT(claimed.skipped.at(0).reason, HasSubstr("WRONGTYPE"));
  EXPECT_EQ(status("bad"), "failed");
  EXPECT_EQ(score("rq:failed:q", "bad"), "31537000");
  EXPECT_EQ(score("rq:wip:q", "bad:e1"), "");
}

TEST_F(ClaimScript, ListsNoJobWithAColonInItsIdWhereRqsReadersDieOfIt) {
  enqueue(job("a:b"));
  enqueue(job("j2"));

  const Claim claimed = claim({"q"}, 2);

  EXPECT_THAT(ids(claimed), ElementsAre("a:b", "j2"));
  EXPECT_EQ(status("a:b"), "started");
  EXPECT_EQ(ask("HGET", "rq:execution:a:b:e1", "job_id").text, "a:b");
  EXPECT_THAT(read_ids(ask("ZRANGE", "rq:executions:a:b", 0, -1)), ElementsAre("e1"));
  EXPECT_THAT(read_ids(ask("ZRANGE", "rq:wip:q", 0, -1)), ElementsAre("j2:e2"));
  EXPECT_THAT(read_ids(ask("SMEMBERS", "rq:worker:w:executions")), ElementsAre("j2:e2"));
  EXPECT_THAT(runs_of("w"), ElementsAre("a:b:e1", "j2:e2"));
}

TEST_F(ClaimScript, ServesTheQueueBehindOneThatIsNoList) {
  enqueue(job("h1", "high"));
  ask("SET", "rq:queue:low", "x");

  EXPECT_THAT(ids(claim({"low", "high"}, 2)), ElementsAre("h1"));
  EXPECT_THAT(ids(claim({"low", "high"}, 2)), IsEmpty());
}

TEST_F(ClaimScript, DeliversWhatItTookWhenTheWorkersHashIsNone) {
  ask("SET", "rq:worker:w", "x");
  enqueue(job("j1"));

  EXPECT_THAT(ids(claim({"q"})), ElementsAre("j1"));
}

TEST_F(ClaimScript, StopsAtAHundredIdsAndSaysThatThereAreMore) {
  redis::Batch batch;
  for (int i = 0; i < 150; ++i) batch.add("RPUSH", "rq:queue:q", "gone" + std::to_string(i));
  connection.run(batch);
  enqueue(job("j1"));

  const Claim first = claim({"q"});
  const Claim second = claim({"q"});

  EXPECT_TRUE(first.more);
  EXPECT_THAT(first.skipped, SizeIs(100));
  EXPECT_THAT(first.started, IsEmpty());
  EXPECT_FALSE(second.more);
  EXPECT_THAT(ids(second), ElementsAre("j1"));
}

TEST_F(ClaimScript, CarriesBytesAsTheyAre) {
  JobRecord record = job("j1");
  record.data = std::string("\x80\x04\x00\r\n\xff", 6);
  enqueue(record);

  EXPECT_EQ(read_whole_job("j1", claim({"q"}).started.at(0).fields)->data, record.data);
}

class Arrival : public ProtocolTest {
 protected:
  /// The worker is alive, and what it waits for lies in its inbox.
  void arrive(const std::string& id) {
    ask("HSET", "rq:worker:w", "state", "idle");
    ask("RPUSH", "rqpp:inbox:w", id);
  }
  std::optional<Started> take() {
    const ArrivalClaim request{
        .claimant = {.worker = "w"}, .number = 5, .queue = "q", .execution_id = "e1"};
    return read_arrival(connection.run(claim_arrival(request)).at(0), "w");
  }
  void expect_it_stays(const std::string& id) {
    EXPECT_FALSE(take());
    EXPECT_EQ(ask("LRANGE", "rqpp:inbox:w", "0", "-1").elements.at(0).text, id);
    EXPECT_THAT(runs_of("w"), IsEmpty());
  }
};

TEST_F(Arrival, MovesAnIdIntoTheWorkersInbox) {
  enqueue(job("j1"));

  EXPECT_EQ(connection.run(wait_for_arrival("w", "q", 1s)).at(0).text, "j1");

  EXPECT_EQ(keys(), R"(
rq:job:j1 hash data=D origin=q status=queued
rqpp:inbox:w list j1
)");
}

TEST_F(Arrival, IsClaimedAsIfItWereTakenAhead) {
  enqueue(job("j1"));
  ask("DEL", "rq:queue:q");
  arrive("j1");

  const std::optional<Started> taken = take();

  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->run,
            (Execution{.id = "e1", .job_id = "j1", .queue = "q", .worker = "w", .shown = false}));
  EXPECT_FALSE(taken->begun);
  EXPECT_EQ(read_whole_job("j1", taken->fields), job("j1"));
  EXPECT_EQ(keys(), R"(
rq:job:j1 hash data=D origin=q status=queued
rq:worker:w hash current_job=j1 current_job_working_time=0 state=busy
rqpp:runs:w zset begun=1999999 j1:e1=5000000 session-1=-1
)");
}

TEST_F(Arrival, IsLeftToTheNextClaimIfItIsNoOrdinaryJob) {
  enqueue(job("j1"));
  arrive("j1");

  for (const auto& [field, text] :
       {std::pair{"status", "canceled"}, std::pair{"rate_limit_key", "k"},
        std::pair{"rqpp_rate_limit", "1 60 - k"}}) {
    ask("HSET", "rq:job:j1", field, text);
    expect_it_stays("j1");
    ask("HDEL", "rq:job:j1", field);
  }
  ask("HDEL", "rq:job:j1", "data");
  expect_it_stays("j1");
  ask("DEL", "rq:job:j1");
  expect_it_stays("j1");
  ask("SET", "rq:job:j1", "no hash");
  expect_it_stays("j1");
}

// Redis may learn late that a connection is dead; until then its wait takes what arrives.
TEST_F(Arrival, GoesBackToItsQueueAtOnceWhereTheSessionIsOver) {
  for (const char* id : {"ordinary", "limited"}) {
    enqueue(job("waits"));
    JobRecord record = job(id);
    if (record.id == "limited") record.rate_limit = "1 60 - k";
    enqueue(record);
    ask("RPOP", "rq:queue:q");
    arrive(id);
    ask("ZREM", "rqpp:runs:w", "session-1");

    EXPECT_FALSE(take());

    EXPECT_EQ(read_ids(ask("LRANGE", "rq:queue:q", 0, -1)).front(), id);
    EXPECT_EQ(ask("EXISTS", "rqpp:inbox:w").number, 0);
    EXPECT_THAT(runs_of("w"), IsEmpty());
    begin_session("w");
  }
}

TEST_F(Arrival, IsNotClaimedTwiceWhenNothingArrived) {
  ask("HSET", "rq:worker:w", "state", "idle");

  EXPECT_FALSE(take());

  EXPECT_EQ(keys(), "\nrq:worker:w hash state=idle\n");
}

TEST_F(Arrival, GoesBackToTheFrontOfItsQueue) {
  enqueue(job("j2"));
  ask("RPUSH", "rqpp:inbox:w", "j1");

  EXPECT_EQ(number(give_back("w", "q", "j1")), 1);

  EXPECT_EQ(keys(), R"(
rq:job:j2 hash data=D origin=q status=queued
rq:queue:q list j1 j2
)");
}

TEST_F(Arrival, StaysWithWhomeverTookItMeanwhile) {
  const std::string before = keys();

  EXPECT_EQ(number(give_back("w", "q", "j1")), 0);

  EXPECT_EQ(keys(), before);
}

class ClaimLimited : public ClaimScript {
 protected:
  void enqueue_limited(int jobs, int count = 2, std::chrono::seconds per = 60s) {
    for (int i = 0; i < jobs; ++i) {
      JobRecord limited = job("j" + std::to_string(++last_));
      limited.rate_limit = rate_limit_text({.key = "oven", .count = count, .per = per});
      enqueue(limited);
    }
  }
  std::int64_t redis_now() { return std::stoll(ask("TIME").elements.at(0).text); }
  std::int64_t due(const std::string& id) {
    return std::stoll(ask("ZSCORE", "rq:scheduled:q", id).text);
  }
  /// As a scheduler does, whatever time it is.
  void release(const std::string& id) {
    ask("ZREM", "rq:scheduled:q", id);
    ask("HSET", "rq:job:" + id, "status", "queued");
    ask("RPUSH", "rq:queue:q", id);
  }

  int last_ = 0;
};

TEST_F(ClaimLimited, HoldsBackWhatWouldBeTooMuch) {
  enqueue_limited(5);
  const std::int64_t before = redis_now();

  const Claim claimed = claim({"q"}, 4);

  EXPECT_THAT(claimed.started, SizeIs(2));
  EXPECT_THAT(claimed.skipped, IsEmpty());
  ASSERT_THAT(claimed.held, SizeIs(3));
  EXPECT_EQ(claimed.held[0].job_id, "j3");
  for (const auto& [id, periods] : {std::pair{"j3", 1}, {"j4", 1}, {"j5", 2}}) {
    EXPECT_GE(due(id), before + 60 * periods) << id;
    EXPECT_LE(due(id), before + 60 * periods + 2) << id;
    EXPECT_EQ(ask("HGET", std::string("rq:job:") + id, "status").text, "scheduled");
    EXPECT_EQ(ask("HGET", std::string("rq:job:") + id, "rqpp_rate_limit").text,
              fmt::format("2 60 {} oven", due(id)));
  }
  EXPECT_EQ(ask("LLEN", "rqpp:rate:oven").number, 2);
  EXPECT_GT(ask("TTL", "rqpp:rate:oven").number, 60);
}

TEST_F(ClaimLimited, WhoComesBeforeItsTurnWaitsOn) {
  enqueue_limited(3);
  claim({"q"}, 3);
  const std::int64_t turn = due("j3");
  release("j3");

  EXPECT_THAT(claim({"q"}, 1).held, SizeIs(1));
  EXPECT_EQ(due("j3"), turn);
}

// Else it would go back and forth until the clocks agree.
TEST_F(ClaimLimited, WhomASchedulerReleasesEarlyWaitsByTheSchedulersClock) {
  enqueue_limited(3);
  claim({"q"}, 3);
  const std::int64_t turn = redis_now() + 5;
  ask("HSET", "rq:job:j3", "rqpp_rate_limit", fmt::format("2 60 {} oven", turn));
  release("j3");

  EXPECT_THAT(claim({"q"}, 1).held, SizeIs(1));
  EXPECT_GE(due("j3"), turn + 3);
  EXPECT_LE(due("j3"), turn + 5);
  EXPECT_EQ(ask("HGET", "rq:job:j3", "rqpp_rate_limit").text, fmt::format("2 60 {} oven", turn));
}

TEST_F(ClaimLimited, APromisedTurnIsTakenOnce) {
  enqueue_limited(3);
  claim({"q"}, 3);
  ask("HSET", "rq:job:j3", "rqpp_rate_limit", fmt::format("2 60 {} oven", redis_now() - 1));
  release("j3");

  EXPECT_THAT(claim({"q"}, 1).started, SizeIs(1));
  EXPECT_EQ(ask("HGET", "rq:job:j3", "rqpp_rate_limit").text, "2 60 - oven");
}

TEST_F(ClaimLimited, WhoMissedItsTurnByAPeriodGetsAnotherOne) {
  enqueue_limited(3);
  claim({"q"}, 3);
  ask("HSET", "rq:job:j3", "rqpp_rate_limit", fmt::format("2 60 {} oven", redis_now() - 61));
  release("j3");

  EXPECT_THAT(claim({"q"}, 1).held, SizeIs(1));
}

// As an attacker writes it, or a producer that counts in years.
TEST_F(ClaimLimited, APromiseThatNobodyCanReadFailsTheJobOnly) {
  JobRecord bad = job("bad");
  bad.rate_limit = "1 1 inf k";
  enqueue(bad);
  enqueue(job("other"));

  const Claim claimed = claim({"q"}, 2);

  ASSERT_THAT(claimed.skipped, SizeIs(1));
  EXPECT_THAT(claimed.skipped[0].reason, HasSubstr("'inf'"));
  EXPECT_EQ(status("bad"), "failed");
  EXPECT_THAT(ids(claimed), ElementsAre("other"));
}

TEST_F(ClaimLimited, ATurnBeyondTheYear9999HoldsUpNoOtherJob) {
  enqueue_limited(2, 1, 366 * 24h);
  ask("RPUSH", "rqpp:rate:oven", std::to_string(redis_now() + 8'000LL * 366 * 86'400));
  enqueue(job("other"));

  const Claim claimed = claim({"q"}, 3);

  EXPECT_THAT(ids(claimed), ElementsAre("other"));
  ASSERT_THAT(claimed.held, SizeIs(2));
  EXPECT_FALSE(claimed.held[0].until);
  EXPECT_GT(due("j1"), 253'402'300'799);
}

TEST_F(ClaimLimited, AKeyOfAnotherKindFailsTheJobOnly) {
  ask("SET", "rqpp:rate:oven", "full");
  enqueue_limited(1);
  enqueue(job("other"));

  const Claim claimed = claim({"q"}, 2);

  ASSERT_THAT(claimed.skipped, SizeIs(1));
  EXPECT_THAT(claimed.skipped[0].reason, HasSubstr("WRONGTYPE"));
  EXPECT_THAT(claimed.started, SizeIs(1));
}

}  // namespace
}  // namespace rqpp::protocol
