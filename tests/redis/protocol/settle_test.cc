#include <gmock/gmock.h>

#include <regex>

#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

class SettleScript : public ProtocolTest {
 protected:
  ResultRecord newest_result(const std::string& id) {
    return read_results(connection.run(latest_results(id, 1)).at(0)).at(0);
  }
};

TEST_F(SettleScript, KeepsTheResultOfASuccessForItsTime) {
  const Execution run = start(job("j1"));

  const Settled settled = succeed(job("j1"), run);

  EXPECT_TRUE(settled.held);
  EXPECT_FALSE(settled.dependents);
  EXPECT_EQ(keys(), R"(
rq:finished:q zset j1=1510
rq:job:j1 hash data=D ended_at=1970-01-01T00:16:50.000000Z last_heartbeat=1970-01-01T00:16:40.000000Z origin=q started_at=1970-01-01T00:16:40.000000Z status=finished worker_name=w (ttl 500)
rq:results:j1 stream {execution_ended_at=1010.0 execution_id=e1 execution_started_at=1000.0 return_value=Vg== type=1 worker_name=w} (ttl 500)
rq:worker:w hash current_job=j1 current_job_working_time=0 state=busy
)");
}

/// A job that was deleted while it ran, whose id another one has now.
class UsedAgain : public SettleScript {
 protected:
  static JobRecord made_at(Time created) {
    JobRecord record = job("j1");
    record.created_at = created;
    return record;
  }
  void use_again() {
    connection.run(delete_job("j1", kNow));
    enqueue(made_at(kNow + 1us));
    before_ = of_the_job();
  }
  /// As RQ does it, which leaves the run its keys.
  void write_over() {
    enqueue(made_at(kNow + 1us));
    before_ = of_the_job();
  }
  std::string of_the_job() {
    std::string fields;
    for (const char* name :
         {"data", "status", "created_at", "retries_left", "ended_at", "worker_name"}) {
      fields += ask("HGET", "rq:job:j1", name).text + "\n";
    }
    return fields;
  }
  void expect_untouched() {
    EXPECT_EQ(of_the_job(), before_);
    EXPECT_EQ(ask("LRANGE", "rq:queue:q", 0, -1).elements.size(), 1U);
    EXPECT_EQ(
        ask("EXISTS", "rq:results:j1", "rq:finished:q", "rq:failed:q", "rq:scheduled:q").number, 0);
    EXPECT_THAT(runs_of("w"), ::testing::IsEmpty());
  }
  std::string before_{};
};

TEST_F(UsedAgain, IsNotEndedByTheRunOfTheOldJob) {
  for (const bool shown : {true, false}) {
    for (const bool deleted : {true, false}) {
      ask("FLUSHALL");
      begin_session("w");
      const JobRecord old = made_at(kNow);
      const Execution run = shown ? start(old) : start_unshown(old);
      deleted ? use_again() : write_over();

      EXPECT_FALSE(fail(old, run).held);

      expect_untouched();
    }
  }
}

TEST_F(UsedAgain, IsNotFinishedByTheRunOfTheOldJob) {
  const Execution run = start_unshown(made_at(kNow));
  use_again();

  const Finished ends[] = {{.run = run, .times = {kNow, kLater}}};
  EXPECT_EQ(read_finish(connection.run(finish(ends, 500s, kLater)).at(0), 1),
            std::vector<bool>{false});
  EXPECT_FALSE(succeed(made_at(kNow), run).held);

  expect_untouched();
}

TEST_F(UsedAgain, IsNotRetriedByTheRunOfTheOldJob) {
  for (const std::optional<Time> due : {std::optional<Time>{}, std::optional<Time>{kLater}}) {
    ask("FLUSHALL");
    begin_session("w");
    const Execution run = start_unshown(made_at(kNow));
    use_again();

    EXPECT_EQ(number(put_back(run, {.due = due, .retries_left = 1}, kNow)), 0);

    expect_untouched();
  }
}

TEST_F(UsedAgain, IsNotShownAsTheRunOfTheOldJob) {
  const Execution run = start_unshown(made_at(kNow));
  use_again();

  const Execution runs[] = {run};
  connection.run(renew(runs, 90s, kLater));

  EXPECT_EQ(of_the_job(), before_);
  EXPECT_EQ(ask("EXISTS", "rq:wip:q", "rq:executions:j1").number, 0);
}

TEST_F(UsedAgain, DoesNotReleaseWhatWaitsForTheNewJob) {
  const Execution run = start_unshown(made_at(kNow));
  use_again();
  ask("SADD", "rq:job:j1:dependents", "child");

  const Settled settled = succeed(made_at(kNow), run);

  EXPECT_FALSE(settled.held);
  EXPECT_FALSE(settled.dependents);
  EXPECT_EQ(ask("EXISTS", "rqpp:releases").number, 0);
}

TEST_F(SettleScript, TakesAJobForTheSameWhosePythonWroteItsCreationWithAFraction) {
  for (const char* created : {"", "2011-01-01T00:00:00Z"}) {
    enqueue(job("j1"));
    if (*created != 0) ask("HSET", "rq:job:j1", "created_at", created);
    const Execution run = claim({"q"}).started.at(0).run;
    ask("HSET", "rq:job:j1", "created_at", "2011-01-01T00:00:00.000000Z");

    EXPECT_TRUE(succeed(job("j1"), run).held);
    connection.run(delete_job("j1", kNow));
  }
}

TEST_F(SettleScript, KeepsTheTextOfAFailureForAYear) {
  const Execution run = start(job("j1"));

  EXPECT_TRUE(fail(job("j1"), run, "ValueError: no").held);

  EXPECT_EQ(status("j1"), "failed");
  EXPECT_EQ(ttl("rq:job:j1"), 31'536'000);
  EXPECT_EQ(ttl("rq:results:j1"), 31'536'000);
  EXPECT_EQ(score("rq:failed:q", "j1"), "31537010");
  EXPECT_EQ(score("rq:wip:q", "j1:e1"), "");
  EXPECT_EQ(newest_result("j1").exc_info, "ValueError: no");
  EXPECT_EQ(newest_result("j1").type, ResultRecord::Type::failed);
}

TEST_F(SettleScript, FollowsTheTimesThatTheJobNames) {
  JobRecord good = job("good");
  good.result_ttl_seconds = 7;
  JobRecord bad = job("bad");
  bad.failure_ttl_seconds = 8;

  succeed(good, start(good));
  fail(bad, start(bad));

  EXPECT_EQ(ttl("rq:job:good"), 7);
  EXPECT_EQ(ttl("rq:results:good"), 7);
  EXPECT_EQ(score("rq:finished:q", "good"), "1017");
  EXPECT_EQ(ttl("rq:job:bad"), 8);
  EXPECT_EQ(ttl("rq:results:bad"), 8);
  EXPECT_EQ(score("rq:failed:q", "bad"), "1018");
}

TEST_F(SettleScript, KeepsForEverWithRqsScores) {
  JobRecord good = job("good");
  good.result_ttl_seconds = -1;
  JobRecord bad = job("bad");
  bad.failure_ttl_seconds = -1;

  succeed(good, start(good));
  fail(bad, start(bad));

  EXPECT_EQ(ttl("rq:job:good"), -1);
  EXPECT_EQ(ttl("rq:results:good"), -1);
  EXPECT_EQ(score("rq:finished:q", "good"), "inf");
  EXPECT_EQ(ttl("rq:job:bad"), -1);
  EXPECT_EQ(score("rq:failed:q", "bad"), "-1");
}

TEST_F(SettleScript, LeavesNothingOfAJobWithoutTimeToLive) {
  JobRecord record = job("j1");
  record.result_ttl_seconds = 0;
  record.failure_ttl_seconds = 0;

  succeed(record, start(record));
  fail(record, start(record));

  EXPECT_EQ(keys(), R"(
rq:worker:w hash current_job=j1 current_job_working_time=0 state=busy
)");
}

TEST_F(SettleScript, CutsATimeThatRedisWouldRefuse) {
  JobRecord record = job("j1");
  record.result_ttl_seconds = std::numeric_limits<std::int64_t>::max();
  const Execution run = start(record);

  EXPECT_TRUE(succeed(record, run).held);

  EXPECT_EQ(ttl("rq:job:j1"), 10'000'000'000);
  EXPECT_EQ(status("j1"), "finished");
}

TEST_F(SettleScript, ExpiresWhatTheJobWaitedForAndTellsWhoWaitsForIt) {
  const Execution run = start(job("j1"));
  ask("SADD", "rq:job:j1:dependents", "child");
  ask("SADD", "rq:job::j1:dependencies", "parent");
  ask("HSET", "rq:job:j1", "dependency_ids", "[\"parent\"]");

  EXPECT_TRUE(succeed(job("j1"), run).dependents);

  EXPECT_EQ(ttl("rq:job:j1:dependents"), 500);
  EXPECT_EQ(ttl("rq:job::j1:dependencies"), 500);
}

TEST_F(SettleScript, TellsWhoWaitsForAJobThatLeavesNothing) {
  JobRecord record = job("j1");
  record.result_ttl_seconds = 0;
  const Execution run = start(record);
  ask("SADD", "rq:job:j1:dependents", "child");

  EXPECT_TRUE(succeed(record, run).dependents);
}

TEST_F(SettleScript, ChangesNothingOfAJobThatAnotherRunHasNow) {
  const Execution stale = start(job("j1"));
  // A cleaner thought the worker dead and queued the job again; another worker runs it now.
  ask("ZREM", "rq:wip:q", "j1:e1");
  ask("ZADD", "rq:wip:q", "2000", "j1:other");
  ask("ZADD", "rq:executions:j1", "2060", "other");

  EXPECT_FALSE(succeed(job("j1"), stale).held);

  EXPECT_EQ(keys(), R"(
rq:executions:j1 zset other=2060 (ttl 150)
rq:job:j1 hash data=D last_heartbeat=1970-01-01T00:16:40.000000Z origin=q started_at=1970-01-01T00:16:40.000000Z status=started worker_name=w
rq:wip:q zset j1:other=2000
rq:worker:w hash current_job=j1 current_job_working_time=0 state=busy
)");
}

TEST_F(SettleScript, DoesNotBringADeletedJobBack) {
  const Execution run = start(job("j1"));
  ask("DEL", "rq:job:j1");

  EXPECT_FALSE(succeed(job("j1"), run).held);

  EXPECT_EQ(ask("EXISTS", "rq:job:j1", "rq:results:j1", "rq:wip:q", "rq:finished:q").number, 0);
}

TEST_F(SettleScript, DropsTheOutcomeOfACanceledRun) {
  const Execution run = start(job("j1"));
  connection.run(cancel("j1", kNow));

  EXPECT_FALSE(succeed(job("j1"), run).held);

  EXPECT_EQ(status("j1"), "canceled");
  EXPECT_EQ(ask("EXISTS", "rq:results:j1", "rq:finished:q").number, 0);
}

TEST_F(SettleScript, EndsARunThatWasNotShownAsAnyOther) {
  succeed(job("j1"), start(job("j1")));
  ask("HDEL", "rq:job:j1", "last_heartbeat");  // it had none
  const std::string shown = std::regex_replace(keys(), std::regex("[0-9]+-[0-9]+="), "");
  ask("FLUSHDB");
  begin_session("w");

  succeed(job("j1"), start_unshown(job("j1")));

  EXPECT_EQ(std::regex_replace(keys(), std::regex("[0-9]+-[0-9]+="), ""), shown);
}

TEST_F(SettleScript, DropsTheOutcomeOfACanceledRunThatWasNotShown) {
  const Execution run = start_unshown(job("j1"));
  connection.run(cancel("j1", kNow));

  EXPECT_FALSE(succeed(job("j1"), run).held);

  EXPECT_EQ(status("j1"), "canceled");
  EXPECT_EQ(ask("EXISTS", "rq:results:j1", "rq:finished:q", "rq:wip:q").number, 0);
}

TEST_F(SettleScript, ReplacesResultsThatAreNoStream) {
  const Execution run = start(job("j1"));
  ask("SET", "rq:results:j1", "x");

  EXPECT_TRUE(succeed(job("j1"), run).held);

  EXPECT_EQ(newest_result("j1").return_value, "V");
  EXPECT_EQ(score("rq:finished:q", "j1"), "1510");
}

// The second time is the worker's that has not heard the answer to the first one.
TEST_F(SettleScript, HappensOnceAndAnswersAsTheFirstTime) {
  const Execution run = start(job("j1"));

  EXPECT_TRUE(succeed(job("j1"), run).held);
  EXPECT_TRUE(fail(job("j1"), run).held);

  EXPECT_EQ(status("j1"), "finished");
  EXPECT_EQ(ask("XLEN", "rq:results:j1").number, 1);
}

}  // namespace
}  // namespace rqpp::protocol
