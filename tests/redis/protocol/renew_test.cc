#include <gmock/gmock.h>

#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

class RenewScript : public ProtocolTest {
 protected:
  std::int64_t renew(const std::vector<Execution>& runs) {
    return number(protocol::renew(runs, 90s, kLater));
  }
  /// All keys after that, for a job whose execution was first shown at `created_at`.
  static std::string renewed(const std::string& created_at) {
    return "\nrq:execution:j1:e1 hash created_at=" + created_at +
           R"( id=e1 job_id=j1 last_heartbeat=1010.0 worker_name=w (ttl 90)
rq:executions:j1 zset e1=1160 (ttl 150)
rq:job:j1 hash data=D last_heartbeat=1970-01-01T00:16:50.000000Z origin=q started_at=1970-01-01T00:16:40.000000Z status=started worker_name=w
rq:wip:q zset j1:e1=1100
rq:worker:w hash current_job=j1 current_job_working_time=0 state=busy
rq:worker:w:executions set j1:e1
rqpp:runs:w zset begun=1 j1:e1=0 session-1=-1
)";
  }
};

TEST_F(RenewScript, MovesEveryLeaseOfARun) {
  const Execution run = start(job("j1"));
  for (const char* key : {"rq:execution:j1:e1", "rq:executions:j1"}) ask("EXPIRE", key, 5);

  EXPECT_EQ(renew({run}), 1);

  EXPECT_EQ(keys(), renewed("1000.0"));
}

TEST_F(RenewScript, RestoresAnExecutionThatExpired) {
  const Execution run = start(job("j1"));
  ask("DEL", "rq:execution:j1:e1");

  EXPECT_EQ(renew({run}), 1);

  EXPECT_EQ(ask("HGET", "rq:execution:j1:e1", "created_at").text, "1010.0");
}

TEST_F(RenewScript, ShowsARunThatWasNot) {
  Execution run = start_unshown(job("j1"));
  run.started = kNow;

  EXPECT_EQ(renew({run}), 1);

  EXPECT_EQ(keys(), renewed("1010.0"));
}

TEST_F(RenewScript, ListsNoRunOfAJobWithAColonInItsId) {
  for (const Execution& run : {start(job("a:b")), start_unshown(job("a:c"))}) {
    EXPECT_EQ(renew({run}), 1);

    EXPECT_EQ(status(run.job_id), "started");
    EXPECT_EQ(ask("HGET", "rq:execution:" + run.job_id + ":e1", "last_heartbeat").text, "1010.0");
    EXPECT_EQ(ttl("rq:executions:" + run.job_id), 150);
    EXPECT_EQ(ask("EXISTS", "rq:wip:q", "rq:worker:w:executions").number, 0);
  }
}

TEST_F(RenewScript, WritesNothingForARunThatLostItsJob) {
  const Execution run = start(job("j1"));
  ask("DEL", "rq:wip:q", "rq:job:j1", "rq:execution:j1:e1", "rq:executions:j1");

  EXPECT_EQ(renew({run}), 0);

  EXPECT_EQ(ask("EXISTS", "rq:wip:q", "rq:job:j1", "rq:execution:j1:e1").number, 0);
}

TEST_F(RenewScript, DoesNotBringADeletedJobBack) {
  const Execution run = start(job("j1"));
  ask("DEL", "rq:job:j1");

  EXPECT_EQ(renew({run}), 1);

  EXPECT_EQ(ask("EXISTS", "rq:job:j1").number, 0);
}

TEST_F(RenewScript, RenewsTheOthersWhenTheKeysOfOneAreOfAWrongType) {
  enqueue(job("bad"));
  enqueue(job("good"));
  const Claim claimed = claim({"q"}, 2);
  ask("SET", "rq:execution:bad:e1", "x");

  renew({claimed.started.at(0).run, claimed.started.at(1).run});

  EXPECT_EQ(score("rq:wip:q", "good:e2"), "1100");
  EXPECT_EQ(score("rq:executions:good", "e2"), "1160");
}

}  // namespace
}  // namespace rqpp::protocol
