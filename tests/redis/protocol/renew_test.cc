#include <gmock/gmock.h>

#include "protocol/reconcile.h"
#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

class RenewScript : public ProtocolTest {
 protected:
  std::int64_t renew(const std::vector<Execution>& runs) {
    return read_shown(connection.run(protocol::renew(runs, 90s, kLater)).at(0)).held;
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
rqpp:runs:w zset begun=1999999 j1:e1=0 session-1=-1
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

/// Somebody has changed what the worker runs, as Redis knows it, behind the worker's back.
class RenewOfChangedRuns : public RenewScript {
 protected:
  RenewOfChangedRuns() {
    connection.run(birth({.name = "w", .queues = {"q"}}, {.worker = "w"}, {}, {}));
  }
  Shown show(const Execution& run) {
    return read_shown(connection.run(protocol::renew(std::span(&run, 1), 90s, kLater)).at(0));
  }
  static JobRecord created(const std::string& id) {
    JobRecord record = job(id);
    record.created_at = kNow + 111'111us;
    return record;
  }
};

TEST_F(RenewOfChangedRuns, CountsWhatIsListed) {
  const Shown shown = show(start(job("j1")));

  EXPECT_EQ(shown.held, 1);
  EXPECT_EQ(shown.listed, 1);
  EXPECT_EQ(shown.members, 3);
  ask("ZADD", "rqpp:runs:w", 0, "x:y");
  EXPECT_EQ(show({.id = "e1", .job_id = "j1", .queue = "q", .worker = "w"}).members, 4);
}

TEST_F(RenewOfChangedRuns, RestoresARunThatIsMissing) {
  const Execution run = start(job("j1"));
  ask("ZREM", "rqpp:runs:w", "j1:e1");

  EXPECT_EQ(show(run).members, 3);

  EXPECT_TRUE(succeed(job("j1"), run).held);
  EXPECT_EQ(status("j1"), "finished");
}

TEST_F(RenewOfChangedRuns, RestoresARunThatWasNotShownYet) {
  const Execution run = start_unshown(created("j1"));
  ask("ZREM", "rqpp:runs:w", "j1:e1");

  EXPECT_EQ(show(run).held, 1);

  EXPECT_EQ(status("j1"), "started");
  EXPECT_EQ(score("rqpp:runs:w", "j1:e1"), "0");
}

TEST_F(RenewOfChangedRuns, RestoresAllRunsWhenTheirKeyIsGone) {
  enqueue(job("j1"));
  enqueue(job("j2"));
  const Claim claimed = claim({"q"}, 2);
  ask("DEL", "rqpp:runs:w");
  std::vector<Execution> runs;
  for (const Started& it : claimed.started) runs.push_back(it.run);

  const Shown shown = read_shown(connection.run(protocol::renew(runs, 90s, kLater)).at(0));

  EXPECT_EQ(shown.listed, 2);
  EXPECT_EQ(shown.members, 2) << "without the session";
  ask("ZADD", "rqpp:leases", 4'000'000'000, "w");
  const auto resumed = connection.run(resume({.worker = "w", .session = 2}, 10s)).at(0);
  EXPECT_NE(resumed.text.find(" emptied"), std::string::npos);
  for (const Execution& run : runs) EXPECT_TRUE(succeed(job(run.job_id), run).held);
}

TEST_F(RenewOfChangedRuns, RestoresNothingThatOthersHave) {
  const Execution first = start(job("j1"));
  ask("ZADD", "rqpp:leases", 1, "w");
  begin_session("heir");
  connection.run(inherit({.lost = "w", .heir = {.worker = "heir"}, .execution_ids = {"x1", "x2"}},
                         {}, kLater));
  EXPECT_EQ(show(first).listed, 0);
  ask("DEL", "rqpp:runs:w");  // as when it has expired

  EXPECT_EQ(show(first).listed, 0);

  EXPECT_EQ(ask("EXISTS", "rqpp:runs:w").number, 0);
}

TEST_F(RenewOfChangedRuns, RestoresNoRunWhoseJobIsAnother) {
  const Execution run = start_unshown(created("j1"));
  ask("ZREM", "rqpp:runs:w", "j1:e1");
  ask("HSET", "rq:job:j1", "created_at", "1970-01-01T00:16:50.000000Z");

  EXPECT_EQ(show(run).listed, 0);

  EXPECT_EQ(status("j1"), "queued");
}

TEST_F(RenewOfChangedRuns, LooksBeyondAPageOfMembers) {
  const Execution run = start(job("j1"));
  for (int i = 0; i < 120; ++i) ask("ZADD", "rqpp:runs:w", 0, "a" + std::to_string(i) + ":y");

  const Shown shown = show(run);

  EXPECT_EQ(shown.held, 1);
  EXPECT_EQ(shown.members, 123);
}

}  // namespace
}  // namespace rqpp::protocol
