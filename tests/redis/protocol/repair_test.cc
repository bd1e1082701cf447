// What `rqpp doctor --repair` writes, in a real Redis.

#include "protocol/repair.h"

#include <gmock/gmock.h>

#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

class RepairTest : public ProtocolTest {
 protected:
  /// A worker of RQ took it out of its queue at kNow.
  void take_out(const std::string& id) {
    ask("HSET", "rq:job:" + id, "data", "D", "status", "queued", "enqueued_at", kNowIso);
    ask("RPUSH", "rq:queue:q:intermediate", id);
  }
  std::int64_t put_back(const std::string& id, Time now) {
    return number(put_back_stuck("q", id, now));
  }
};

TEST_F(RepairTest, PutsAStuckJobBackOnceItWasSeenAMinuteAgo) {
  ask("RPUSH", "rq:queue:q", "next");
  take_out("j1");

  EXPECT_EQ(put_back("j1", kNow + 70s), 2);
  EXPECT_EQ(put_back("j1", kNow + 129s), 2);
  EXPECT_EQ(put_back("j1", kNow + 131s), 1);
  EXPECT_EQ(put_back("j1", kNow + 132s), 0);

  EXPECT_EQ(keys(), R"(
rq:job:j1 hash data=D enqueued_at=1970-01-01T00:16:40.000000Z status=queued
rq:queue:q list j1 next
)");
}

TEST_F(RepairTest, CountsWhatMaintenanceOfRqHasSeen) {
  take_out("j1");
  ask("SET", "rq:queue:q:intermediate:first_seen:j1", "1000.5");

  EXPECT_EQ(put_back("j1", kNow + 65s), 1);
}

TEST_F(RepairTest, LeavesAJobThatWasQueuedAgainSinceItWasSeen) {
  ask("SET", "rq:queue:q:intermediate:first_seen:j1", "900.5");
  take_out("j1");

  EXPECT_EQ(put_back("j1", kNow + 30s), 2);
}

TEST_F(RepairTest, LeavesAJobThatRunsOrIsGone) {
  for (const char* id : {"gone", "runs", "runs_for_rq_1", "ended"}) take_out(id);
  ask("DEL", "rq:job:gone");
  ask("ZADD", "rq:executions:runs", 1, "e1");
  ask("ZADD", "rq:wip:q", 1, "runs_for_rq_1");
  ask("HSET", "rq:job:ended", "status", "finished");
  const std::string before = keys();

  for (const char* id : {"gone", "runs", "runs_for_rq_1", "ended", "never_there"}) {
    EXPECT_EQ(put_back(id, kNow + 1h), 0) << id;
  }

  EXPECT_EQ(keys(), before);
}

TEST_F(RepairTest, LetsResultsExpireWithTheirJob) {
  for (const char* id : {"gone", "ending", "staying"}) {
    ask("XADD", std::string("rq:results:") + id, "*", "type", 2);
  }
  ask("HSET", "rq:job:ending", "data", "D");
  ask("EXPIRE", "rq:job:ending", 500);
  ask("HSET", "rq:job:staying", "data", "D");

  EXPECT_EQ(number(expire_results("gone")), 1);
  EXPECT_EQ(number(expire_results("ending")), 1);
  EXPECT_EQ(number(expire_results("staying")), 0);
  EXPECT_EQ(number(expire_results("never_there")), 0);

  EXPECT_GT(ttl("rq:results:gone"), 86'000);
  EXPECT_LE(ttl("rq:results:ending"), 500);
  EXPECT_GT(ttl("rq:results:ending"), 0);
  EXPECT_EQ(ttl("rq:results:staying"), -1);
  EXPECT_EQ(number(expire_results("gone")), 0) << "it expires already";
}

TEST_F(RepairTest, LetsGhostsExpireButNoJobs) {
  ask("HSET", "rq:job:ghost", "status", "queued");
  ask("HSET", "rq:job:alive", "data", "D");
  ask("RPUSH", "rq:job:odd", "x");

  EXPECT_EQ(number(expire_ghost("ghost")), 1);
  EXPECT_EQ(number(expire_ghost("alive")), 0);
  EXPECT_EQ(number(expire_ghost("odd")), 0);

  EXPECT_GT(ttl("rq:job:ghost"), 3'000);
  EXPECT_EQ(ttl("rq:job:alive"), -1);
}

TEST_F(RepairTest, LetsLeftoversOfRunsExpire) {
  ask("HSET", "rq:execution:j1:e1", "id", "e1");

  EXPECT_EQ(number(expire_run("rq:execution:j1:e1")), 1);
  EXPECT_EQ(number(expire_run("rq:execution:j1:e1")), 0);

  EXPECT_GT(ttl("rq:execution:j1:e1"), 3'000);
}

TEST_F(RepairTest, CostsAFewCommandsEach) {
  take_out("j1");
  ask("SET", "rq:queue:q:intermediate:first_seen:j1", "1000.5");
  ask("XADD", "rq:results:gone", "*", "type", 2);
  put_back("other", kNow);
  number(expire_ghost("other"));  // Redis knows the scripts
  test::reset_counts(admin());

  put_back("j1", kNow + 65s);
  EXPECT_EQ(test::total(test::command_counts(admin())), 10);
  number(expire_results("gone"));
  EXPECT_EQ(test::total(test::command_counts(admin())), 10 + 4);
}

}  // namespace
}  // namespace rqpp::protocol
