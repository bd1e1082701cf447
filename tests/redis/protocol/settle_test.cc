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

TEST_F(SettleScript, HappensOnce) {
  const Execution run = start(job("j1"));

  EXPECT_TRUE(succeed(job("j1"), run).held);
  EXPECT_FALSE(fail(job("j1"), run).held);

  EXPECT_EQ(status("j1"), "finished");
  EXPECT_EQ(ask("XLEN", "rq:results:j1").number, 1);
}

}  // namespace
}  // namespace rqpp::protocol
