#include <gmock/gmock.h>

#include "protocol/once.h"
#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

class OnceScript : public ProtocolTest {
 protected:
  static JobRecord new_job(const std::string& id) {
    JobRecord record = job(id);
    record.created_at = kNow;
    return record;
  }
  std::int64_t queued() { return ask("LLEN", "rq:queue:q").number; }

  NumberedWrites writes_{.sender = "s"};
};

TEST_F(OnceScript, EnqueuesAsEnqueueDoes) {
  JobRecord record = new_job("j");
  record.ttl_seconds = 60;

  connection.run(enqueue_once(record, Position::back, writes_));

  EXPECT_EQ(keys(), R"(
rq:job:j hash created_at=1970-01-01T00:16:40.000000Z data=D origin=q status=queued ttl=60 (ttl 60)
rq:queue:q list j
rqpp:feeder:s string 1 (ttl 86400)
)");
}

TEST_F(OnceScript, DoesNothingTheSecondTime) {
  const redis::Batch write = enqueue_once(new_job("j"), Position::front, writes_);
  connection.run(write);
  ask("DEL", "rq:queue:q", "rq:job:j");  // it has run meanwhile

  EXPECT_EQ(number(write), 0);

  EXPECT_EQ(queued(), 0);
  EXPECT_EQ(ask("EXISTS", "rq:job:j").number, 0);
}

TEST_F(OnceScript, ReplacesWhatHadTheIdOfANamedJobOnce) {
  enqueue(job("j"));
  JobRecord named = new_job("j");
  named.named = true;
  named.meta = "M";
  const redis::Batch write = enqueue_once(named, Position::back, writes_);
  connection.run(write);
  EXPECT_EQ(queued(), 1);
  EXPECT_EQ(ask("HGET", "rq:job:j", "meta").text, "M");
  ASSERT_EQ(ids(claim({"q"})).size(), 1U);  // it runs meanwhile

  EXPECT_EQ(number(write), 0);

  EXPECT_EQ(queued(), 0);
  EXPECT_EQ(status("j"), "started");
}

TEST_F(OnceScript, KnowsItsWritesApart) {
  connection.run(enqueue_once(new_job("a"), Position::back, writes_));
  connection.run(enqueue_once(new_job("b"), Position::back, writes_));

  EXPECT_EQ(queued(), 2);
}

TEST_F(OnceScript, LetsAJobWaitForOthersOnce) {
  enqueue(job("parent"));
  JobRecord child = new_job("child");
  child.status = Status::deferred;
  child.dependency_ids = {"parent"};
  const redis::Batch write = enqueue_once(child, Position::back, writes_);
  connection.run(write);
  const Execution run = claim({"q"}).started.at(0).run;
  succeed(job("parent"), run);
  ask("ZREM", "rq:deferred:q", "child");  // it was released, has run, and is forgotten
  ask("DEL", "rq:job:child", "rq:queue:q");

  connection.run(write);

  EXPECT_EQ(queued(), 0);
  EXPECT_EQ(ask("ZCARD", "rq:deferred:q").number, 0);
  EXPECT_EQ(ask("EXISTS", "rq:job:child").number, 0);
}

TEST_F(OnceScript, LetsAJobWaitForASlotOnce) {
  JobRecord limited = new_job("limited");
  limited.limit_key = "k";
  limited.limit_jobs = 1;
  const redis::Batch write = enqueue_once(limited, Position::back, writes_);
  connection.run(write);
  EXPECT_EQ(queued(), 1);
  ask("DEL", "rq:queue:q", "rq:job:limited", "rq:rl:k:allowed");

  connection.run(write);

  EXPECT_EQ(queued(), 0);
  EXPECT_EQ(ask("EXISTS", "rq:job:limited").number, 0);
}

TEST_F(OnceScript, CostsThreeCommandsMore) {
  connection.run(enqueue_once(new_job("a"), Position::back, writes_));
  test::reset_counts(admin());

  connection.run(enqueue_once(new_job("b"), Position::back, writes_));

  EXPECT_EQ(test::total(test::command_counts(admin())), 5);
}

// ---- the same of a settle, whose number is its execution

TEST_F(OnceScript, SaysAgainThatItHasSettled) {
  enqueue(job("parent"));
  const Execution run = claim({"q"}).started.at(0).run;
  JobRecord child = job("child");
  child.status = Status::deferred;
  child.dependency_ids = {"parent"};
  enqueue(child);

  ASSERT_TRUE(succeed(job("parent"), run).dependents);
  const Settled again = succeed(job("parent"), run);

  EXPECT_TRUE(again.held);
  ASSERT_TRUE(again.dependents);
  EXPECT_THAT(again.dependents->names, testing::ElementsAre("child"));
  EXPECT_EQ(ask("XLEN", "rq:results:parent").number, 1);
}

TEST_F(OnceScript, SaysAgainThatItHasSettledWhatIsDeletedAtOnce) {
  JobRecord record = job("j");
  record.result_ttl_seconds = 0;
  const Execution run = start(record);

  EXPECT_TRUE(succeed(record, run).held);
  EXPECT_TRUE(succeed(record, run).held);
}

TEST_F(OnceScript, SaysAgainThatItHasSettledWhatWasFinishedWithOthers) {
  const Execution run = start_unshown(job("j"));
  const Finished finished{.run = run, .return_value = "V", .times = {kNow, kLater}};
  const auto reply = connection.run(finish({&finished, 1}, 500s, kLater)).at(0);
  ASSERT_TRUE(read_finish(reply, 1).at(0));

  EXPECT_TRUE(succeed(job("j"), run).held);
}

TEST_F(OnceScript, DoesNotTakeTheEndOfAnotherRunForItsOwn) {
  const Execution run = start(job("j"));
  ask("ZREM", "rq:wip:q", "j:e1");  // it was given up
  ask("RPUSH", "rq:queue:q", "j");
  ClaimRequest request{.claimant = {.worker = "w"}, .queues = {"q"}, .execution_ids = {"e2"}};
  const auto other =
      read_claim(connection.run(protocol::claim(request, 90s, kNow)).at(0), "w").started.at(0).run;
  ASSERT_TRUE(succeed(job("j"), other).held);

  EXPECT_FALSE(succeed(job("j"), run).held);
}

TEST_F(OnceScript, DropsTheEndOfAJobThatWasDeletedWhileItRan) {
  JobRecord record = job("j");
  record.result_ttl_seconds = 0;
  const Execution run = start(record);
  connection.run(delete_job("j", kNow));

  EXPECT_FALSE(succeed(record, run).held);
}

}  // namespace
}  // namespace rqpp::protocol
