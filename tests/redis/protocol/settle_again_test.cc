// Runs whose outcome is kept and whose jobs go on: they repeat, or their task asked for another
// run.

#include <gmock/gmock.h>

#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

using ::testing::ElementsAre;

class SettleAgain : public ProtocolTest {
 protected:
  PutBack at_once(Position position = Position::back) const {
    return {.position = position, .ended = kLater};
  }
  PutBack at(Time due) const { return {.due = due, .ended = kLater}; }

  Settled repeat(const JobRecord& record, const Execution& run, PutBack how) {
    how.repeats_left = 1;
    const auto batch = settle(record, run, Succeeded{"V"}, {kNow, kLater}, 500s, how);
    return read_settled(connection.run(batch).at(0));
  }
  Settled ask_again(const JobRecord& record, const Execution& run, PutBack how) {
    how.number_of_retries = 1;
    const auto batch = settle(record, run, AskedAgain{}, {kNow, kLater}, how);
    return read_settled(connection.run(batch).at(0));
  }
  std::vector<std::string> queue() {
    return read_ids(connection.run(queue_page("q", 0, 10)).at(0));
  }
};

TEST_F(SettleAgain, KeepsTheResultOfAJobThatRepeats) {
  const Settled settled = repeat(job("j1"), start(job("j1")), at_once());

  EXPECT_TRUE(settled.held);
  EXPECT_EQ(keys(), R"(
rq:finished:q zset j1=1510
rq:job:j1 hash data=D ended_at=1970-01-01T00:16:50.000000Z enqueued_at=1970-01-01T00:16:50.000000Z last_heartbeat=1970-01-01T00:16:40.000000Z origin=q repeats_left=1 started_at=1970-01-01T00:16:40.000000Z status=queued worker_name=w
rq:queue:q list j1
rq:results:j1 stream {execution_ended_at=1010.0 execution_id=e1 execution_started_at=1000.0 return_value=Vg== type=1 worker_name=w} (ttl 500)
rq:worker:w hash current_job=j1 current_job_working_time=0 state=busy
)");
}

TEST_F(SettleAgain, SchedulesAJobThatRepeatsLater) {
  repeat(job("j1"), start(job("j1")), at(kLater + 60s));

  EXPECT_EQ(status("j1"), "scheduled");
  EXPECT_EQ(score("rq:scheduled:q", "j1"), "1070");
  EXPECT_EQ(score("rq:finished:q", "j1"), "1510");
  EXPECT_EQ(ttl("rq:job:j1"), -1);
  EXPECT_THAT(queue(), ElementsAre());
}

TEST_F(SettleAgain, GivesTheJobItsTimeToLiveBack) {
  JobRecord record = job("j1");
  record.ttl_seconds = 77;

  repeat(record, start(record), at_once());

  EXPECT_EQ(ttl("rq:job:j1"), 77);
}

TEST_F(SettleAgain, KeepsNoResultOfARepeatingJobThatWantsNone) {
  JobRecord record = job("j1");
  record.result_ttl_seconds = 0;

  repeat(record, start(record), at_once());

  EXPECT_THAT(queue(), ElementsAre("j1"));
  EXPECT_EQ(ask("EXISTS", "rq:results:j1", "rq:finished:q").number, 0);
}

TEST_F(SettleAgain, KeepsTheResultsOfARepeatingJobForEver) {
  JobRecord record = job("j1");
  record.result_ttl_seconds = -1;

  repeat(record, start(record), at_once());

  EXPECT_EQ(ttl("rq:results:j1"), -1);
  EXPECT_EQ(score("rq:finished:q", "j1"), "inf");
}

TEST_F(SettleAgain, TellsOfJobsThatWait) {
  ask("SADD", "rq:job:j1:dependents", "j2");

  EXPECT_TRUE(repeat(job("j1"), start(job("j1")), at_once()).dependents);
  EXPECT_EQ(ttl("rq:job:j1:dependents"), -1);
}

TEST_F(SettleAgain, ChangesNothingWhenTheRunHasLostItsJob) {
  const Execution run = start(job("j1"));
  connection.run(cancel("j1", kNow));

  EXPECT_FALSE(repeat(job("j1"), run, at_once()).held);
  EXPECT_FALSE(ask_again(job("j1"), run, at_once()).held);

  EXPECT_EQ(status("j1"), "canceled");
  EXPECT_EQ(ask("EXISTS", "rq:queue:q", "rq:results:j1", "rq:finished:q", "rq:failed:q").number, 0);
}

TEST_F(SettleAgain, RemembersThatTheTaskAsked) {
  EXPECT_TRUE(ask_again(job("j1"), start(job("j1")), at_once()).held);

  EXPECT_EQ(keys(), R"(
rq:job:j1 hash data=D ended_at=1970-01-01T00:16:50.000000Z enqueued_at=1970-01-01T00:16:50.000000Z last_heartbeat=1970-01-01T00:16:40.000000Z number_of_retries=1 origin=q started_at=1970-01-01T00:16:40.000000Z status=queued worker_name=w
rq:queue:q list j1
rq:results:j1 stream {execution_ended_at=1010.0 execution_id=e1 execution_started_at=1000.0 type=4 worker_name=w} (ttl 31536000)
rq:worker:w hash current_job=j1 current_job_working_time=0 state=busy
)");
}

TEST_F(SettleAgain, GoesWhereTheTaskAsks) {
  const Execution run = start(job("j1"));
  enqueue(job("j2"));

  ask_again(job("j1"), run, at_once(Position::front));

  EXPECT_THAT(queue(), ElementsAre("j1", "j2"));
}

TEST_F(SettleAgain, KeepsNoEntryOfAJobThatWantsNoFailures) {
  JobRecord record = job("j1");
  record.failure_ttl_seconds = 0;

  ask_again(record, start(record), at(kLater + 5s));

  EXPECT_EQ(status("j1"), "scheduled");
  EXPECT_EQ(ask("EXISTS", "rq:results:j1").number, 0);
}

TEST_F(SettleAgain, FailsAJobThatAskedTooOften) {
  const Execution run = start(job("j1"));

  const auto batch = settle(job("j1"), run, AskedAgain{}, {kNow, kLater}, std::nullopt);
  EXPECT_TRUE(read_settled(connection.run(batch).at(0)).held);

  EXPECT_EQ(status("j1"), "failed");
  EXPECT_EQ(ttl("rq:job:j1"), 31'536'000);
  EXPECT_EQ(score("rq:failed:q", "j1"), "31537010");
  EXPECT_EQ(read_results(connection.run(latest_results("j1", 1)).at(0)).at(0).type,
            ResultRecord::Type::max_retries_exceeded);
}

TEST_F(SettleAgain, CostsNoMoreThanAnEnd) {
  repeat(job("warm"), start(job("warm")), at_once());
  ask("DEL", "rq:queue:q");
  JobRecord record = job("j1");
  record.ttl_seconds = 77;
  const Execution first = start(record);
  test::reset_counts(admin());

  repeat(record, first, at_once());
  EXPECT_LE(test::total(test::command_counts(admin())), 16);

  const Execution second = claim({"q"}).started.at(0).run;
  test::reset_counts(admin());

  ask_again(record, second, at(kLater));
  EXPECT_LE(test::total(test::command_counts(admin())), 15);
}

// Its answer was lost.
TEST_F(SettleAgain, SaysSoAgainWhenItIsAskedAgain) {
  for (const std::optional<std::int64_t> ttl : {std::optional<std::int64_t>(0), {}}) {
    for (const bool later : {false, true}) {
      ask("FLUSHDB");
      begin_session("w");
      JobRecord record = job("j1");
      record.result_ttl_seconds = ttl;
      const Execution run = start(record);
      const PutBack how = later ? at(kLater + 5s) : at_once();
      ASSERT_TRUE(repeat(record, run, how).held);

      EXPECT_TRUE(repeat(record, run, how).held);

      EXPECT_EQ(ask("LLEN", "rq:queue:q").number, later ? 0 : 1);
      EXPECT_EQ(ask("ZCARD", "rq:scheduled:q").number, later ? 1 : 0);
    }
  }
}

}  // namespace
}  // namespace rqpp::protocol
