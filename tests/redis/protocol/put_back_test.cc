#include <gmock/gmock.h>

#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

using ::testing::ElementsAre;

class PutBackScript : public ProtocolTest {};

TEST_F(PutBackScript, PutsTheJobBackInFrontAsIfNobodyHadTakenIt) {
  const Execution run = start(job("j1"));
  enqueue(job("j2"));

  EXPECT_EQ(number(put_back(run, {}, kNow)), 1);

  EXPECT_THAT(read_ids(connection.run(queue_page("q", 0, 10)).at(0)), ElementsAre("j1", "j2"));
  EXPECT_EQ(status("j1"), "queued");
  EXPECT_EQ(ask("HMGET", "rq:job:j1", "started_at", "worker_name").elements.at(0).text, "");
  for (const char* key : {"rq:wip:q", "rq:executions:j1", "rq:execution:j1:e1",
                          "rq:worker:w:executions", "rq:results:j1"}) {
    EXPECT_EQ(ask("EXISTS", key).number, 0) << key;
  }
}

TEST_F(PutBackScript, LetsTheJobBeClaimedAgain) {
  connection.run(put_back(start(job("j1")), {}, kNow));

  EXPECT_THAT(ids(claim({"q"})), ElementsAre("j1"));
}

TEST_F(PutBackScript, ChangesNothingWhenTheRunHasLostItsJob) {
  const Execution run = start(job("j1"));
  connection.run(cancel("j1", kNow));
  const std::string before = status("j1");

  EXPECT_EQ(number(put_back(run, {}, kNow)), 0);

  EXPECT_EQ(status("j1"), before);
  EXPECT_EQ(ask("LLEN", "rq:queue:q").number, 0);
}

TEST_F(PutBackScript, GivesTheJobItsTimeToLiveBack) {
  JobRecord record = job("j1");
  record.ttl_seconds = 77;
  const Execution run = start(record);
  EXPECT_EQ(ttl("rq:job:j1"), -1);

  connection.run(put_back(run, {}, kNow));

  EXPECT_EQ(ttl("rq:job:j1"), 77);
}

TEST_F(PutBackScript, UsesUpARetryAtTheBackOfTheQueue) {
  JobRecord record = job("j1");
  record.retries_left = 2;
  const Execution run = start(record);
  enqueue(job("j2"));

  connection.run(
      put_back(run, {.position = Position::back, .retries_left = 1, .losses = "L"}, kNow));

  EXPECT_THAT(read_ids(connection.run(queue_page("q", 0, 10)).at(0)), ElementsAre("j2", "j1"));
  EXPECT_EQ(ask("HGET", "rq:job:j1", "retries_left").text, "1");
  EXPECT_EQ(ask("HGET", "rq:job:j1", "rqpp_losses").text, "L");
}

TEST_F(PutBackScript, SchedulesAJobThatMustWait) {
  const Execution run = start(job("j1"));

  connection.run(put_back(run, {.due = kNow + 30s, .ended = kNow, .retries_left = 0}, kNow));

  EXPECT_EQ(status("j1"), "scheduled");
  // RQ's scheduler asks for this before it puts a retry to the front.
  EXPECT_EQ(ask("HGET", "rq:job:j1", "ended_at").text, kNowIso);
  EXPECT_EQ(score("rq:scheduled:q", "j1"), "1030");
  EXPECT_EQ(ask("LLEN", "rq:queue:q").number, 0);
}

TEST_F(PutBackScript, IsAtMostNineCommands) {
  connection.run(put_back(start(job("warm")), {}, kNow));
  ask("DEL", "rq:queue:q");
  const Execution run = start(job("j1"));
  test::reset_counts(admin());

  connection.run(put_back(run, {}, kNow));

  EXPECT_LE(test::total(test::command_counts(admin())), 9);
}

TEST_F(PutBackScript, LeavesACanceledJobAloneThatWasNotShown) {
  const Execution run = start_unshown(job("j1"));
  connection.run(cancel("j1", kNow));

  EXPECT_EQ(number(put_back(run, {}, kNow)), 0);

  EXPECT_EQ(status("j1"), "canceled");
  EXPECT_EQ(ask("EXISTS", "rq:queue:q", "rq:wip:q").number, 0);
}

}  // namespace
}  // namespace rqpp::protocol
