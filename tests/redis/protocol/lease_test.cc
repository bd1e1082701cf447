// Leases of workers, and what becomes of the runs of those that let theirs run out.

#include <gmock/gmock.h>

#include "protocol/dependencies.h"
#include "protocol/scheduling.h"
#include "redis/protocol/protocol_test.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Lease : public ProtocolTest {
 protected:
  std::vector<std::string> renew(const std::string& worker = "w") {
    constexpr const char* kEnds = "4000000000";
    ask("ZADD", "rqpp:leases", kEnds, worker);
    return read_renewal(connection.run(renew_lease(worker, 10s, kEnds)).at(0)).lost_workers;
  }
  /// Worker `w` has run one job, `j1`, and is dead.
  Execution die() {
    connection.run(birth({.name = "w", .queues = {"q", "low"}}, {.worker = "w"}, {}, {}));
    Execution run = start(job("j1"));
    lapse();
    return run;
  }
  void lapse() { ask("ZADD", "rqpp:leases", 1, "w"); }
  Inheritance inherit(int most = 32) {
    begin_session("heir");
    InheritRequest request{.lost = "w", .heir = {.worker = "heir"}};
    for (int i = 1; i <= most; ++i) request.execution_ids.push_back("x" + std::to_string(i));
    return read_inheritance(connection.run(protocol::inherit(request, {}, kLater)).at(0), "heir");
  }
};

TEST_F(Lease, NamesWhoHasLetItRunOut) {
  EXPECT_THAT(renew("a"), IsEmpty());
  ask("ZADD", "rqpp:leases", 1, "dead");

  EXPECT_THAT(renew("b"), ElementsAre("dead"));
}

TEST_F(Lease, IsAtMostFourCommands) {
  renew();
  const auto again = renew_lease("w", 10s, score("rqpp:leases", "w"));
  test::reset_counts(admin());

  connection.run(again);

  EXPECT_LE(test::total(test::command_counts(admin())), 4);
}

TEST_F(Lease, TellsWhatTheDeadHadOnlyTakenAhead) {
  die();
  enqueue(job("j2"));
  connection.run(protocol::claim({.claimant = {.worker = "w"},
                                  .queues = {"q"},
                                  .execution_ids = {"e2"},
                                  .ahead = 1,
                                  .show = false},
                                 90s, kNow));

  std::map<std::string, bool> begun;
  for (const Started& it : inherit().runs) begun[it.run.job_id] = it.begun;

  EXPECT_EQ(begun, (std::map<std::string, bool>{{"j1", true}, {"j2", false}}));
}

TEST_F(Lease, RunsOfTheDeadPassToTheHeirUnderNewIds) {
  const Execution old = die();

  const Inheritance inheritance = inherit();

  EXPECT_FALSE(inheritance.more);
  ASSERT_THAT(inheritance.runs, SizeIs(1));
  EXPECT_EQ(
      inheritance.runs[0].run,
      (Execution{.id = "x1", .job_id = "j1", .queue = "q", .worker = "heir", .shown = false}));
  EXPECT_EQ(read_whole_job("j1", inheritance.runs[0].fields)->data, "D");
  EXPECT_FALSE(succeed(job("j1"), old).held);  // the dead one comes back late
  EXPECT_TRUE(fail(job("j1"), inheritance.runs[0].run).held);
  EXPECT_EQ(status("j1"), "failed");
}

TEST_F(Lease, AnInheritanceIsAtMost19Commands5PerRunAnd1PerQueue) {
  die();
  inherit();
  ask("DEL", "rqpp:runs:w", "rqpp:runs:heir");
  die();
  begin_session("heir");
  const auto batch = protocol::inherit(
      {.lost = "w", .heir = {.worker = "heir"}, .execution_ids = {"x1", "x2"}}, {}, kLater);
  test::reset_counts(admin());

  const auto reply = connection.run(batch).at(0);

  EXPECT_LE(test::total(test::command_counts(admin())), 19 + 5 + 2);
  EXPECT_THAT(read_inheritance(reply, "heir").runs, SizeIs(1));
}

TEST_F(Lease, TheDeadAreNoLongerRegistered) {
  die();

  EXPECT_TRUE(inherit().news);

  EXPECT_EQ(ask("EXISTS", "rq:workers", "rq:workers:q", "rq:workers:low", "rq:worker:w:executions")
                .number,
            0);
  EXPECT_EQ(read_ids(ask("ZRANGE", "rqpp:runs:w", 0, -1)), std::vector<std::string>{"lost"});
  EXPECT_EQ(ttl("rqpp:runs:w"), 480);
  EXPECT_EQ(ask("HEXISTS", "rq:worker:w", "death").number, 1);
}

// Its machine has lost power, say: until Redis notices, the dead worker's wait takes what arrives.
TEST_F(Lease, TheDeadAreLookedAtAgainAsLongAsTheirWaitsMayStand) {
  die();
  inherit();
  enqueue(job("j2"));
  ask("LMOVE", "rq:queue:q", "rqpp:inbox:w", "LEFT", "RIGHT");

  EXPECT_THAT(renew("heir"), IsEmpty());  // not at every renewal
  lapse();
  EXPECT_THAT(renew("heir"), ElementsAre("w"));
  EXPECT_FALSE(inherit().news);

  EXPECT_THAT(read_ids(connection.run(queue_page("q", 0, 10)).at(0)), ElementsAre("j2"));
}

TEST_F(Lease, TheDeadAreForgottenWhenNoWaitOfTheirsCanStand) {
  die();
  inherit();
  ask("DEL", "rqpp:runs:w");
  lapse();

  inherit();

  EXPECT_EQ(ask("EXISTS", "rqpp:leases").number, 0);
}

TEST_F(Lease, AWorkerThatWasGivenUpIsToldWhenItRenewsIt) {
  die();
  const auto renew = [this](const std::string& ends) {
    return read_renewal(connection.run(renew_lease("w", 10s, ends)).at(0));
  };
  const std::string ends = renew(score("rqpp:leases", "w")).ends;
  EXPECT_TRUE(renew(ends).known);
  lapse();
  inherit();

  EXPECT_FALSE(renew(ends).known);
  EXPECT_EQ(born(resume({.worker = "w", .session = 2}, 10s)), 0);
}

TEST_F(Lease, ThatIsNotAsItWasSaysThatRedisWentBack) {
  const auto renew = [this](const std::string& ends) {
    return read_renewal(connection.run(renew_lease("w", 10s, ends)).at(0));
  };
  ask("ZADD", "rqpp:leases", 2'000'000'000, "w");
  const std::string first = renew("2000000000").ends;
  ASSERT_TRUE(renew(first).known);

  EXPECT_FALSE(renew(std::to_string(std::stod(first) - 60)).known);

  ask("ZREM", "rqpp:leases", "w");
  EXPECT_FALSE(renew(first).known);
  EXPECT_EQ(ask("EXISTS", "rqpp:leases").number, 0);
}

TEST_F(Lease, OfTheDeadDoesNotKeepANamesakeFromBeingBorn) {
  die();
  inherit();

  EXPECT_EQ(born(birth({.name = "w", .queues = {"q"}}, {.worker = "w2"}, {}, {})), 1);
}

TEST_F(Lease, AFullInboxIsEmptiedInSlices) {
  connection.run(birth({.name = "w", .queues = {"q"}}, {.worker = "w"}, {}, {}));
  for (int i = 0; i < 150; ++i) {
    const std::string id = "j" + std::to_string(i);
    enqueue(job(id));
    ask("LMOVE", "rq:queue:q", "rqpp:inbox:w", "LEFT", "RIGHT");
  }
  lapse();

  EXPECT_TRUE(inherit().more);
  EXPECT_FALSE(inherit().more);
  EXPECT_EQ(ask("LLEN", "rq:queue:q").number, 150);
}

// RQ 3 deletes what it finds in rq:wip when its time is over, if the job's status is not `started`,
// and what it finds among a worker's executions if it has no keys of its own.
TEST_F(Lease, OfARunThatWasNotShownIsNothingThatRqCleans) {
  connection.run(birth({.name = "w", .queues = {"q"}}, {.worker = "w"}, {}, {}));
  start_unshown(job("j1"));

  EXPECT_EQ(ask("EXISTS", "rq:wip:q", "rq:worker:w:executions").number, 0);
  lapse();

  const Inheritance inheritance = inherit();
  ASSERT_THAT(inheritance.runs, SizeIs(1));
  EXPECT_TRUE(inheritance.runs[0].begun);
  EXPECT_EQ(number(put_back(inheritance.runs[0].run, {}, kLater)), 1);
  EXPECT_THAT(read_ids(ask("LRANGE", "rq:queue:q", 0, -1)), ElementsAre("j1"));
}

TEST_F(Lease, OfARunThatRqHasAbandonedPassesToNobody) {
  die();
  ask("ZREM", "rq:wip:q", "j1:e1");
  ask("HSET", "rq:job:j1", "status", "failed");

  EXPECT_THAT(inherit().runs, IsEmpty());

  EXPECT_EQ(status("j1"), "failed");
}

TEST_F(Lease, IsLeftToOthersByAnHeirThatWasCutOff) {
  die();
  InheritRequest request{.lost = "w", .heir = {.worker = "heir"}, .execution_ids = {"x"}};
  const auto late = protocol::inherit(request, {}, kLater);

  EXPECT_THROW(connection.run(late), CommandError);

  EXPECT_THAT(runs_of("heir"), IsEmpty());
  EXPECT_THAT(inherit().runs, SizeIs(1));
}

TEST_F(Lease, OfWhatWasNeverBegunSaysSoToTheNextHeirToo) {
  connection.run(birth({.name = "w", .queues = {"q"}}, {.worker = "w"}, {}, {}));
  enqueue(job("j1"));
  connection.run(protocol::claim({.claimant = {.worker = "w"},
                                  .queues = {"q"},
                                  .execution_ids = {"e1"},
                                  .ahead = 1,
                                  .show = false},
                                 90s, kNow));
  lapse();
  inherit();

  const Standing standing = read_worker_standing(connection.run(worker_standing("heir")));

  ASSERT_THAT(standing.runs, SizeIs(1));
  EXPECT_EQ(standing.runs[0].execution_id, "x1");
  EXPECT_FALSE(standing.runs[0].begun);
}

TEST_F(Lease, KeysOfTheWrongTypeDoNotStopTheHeir) {
  die();
  for (const char* key : {"rqpp:inbox:w", "rqpp:runs:w", "rq:worker:w"}) {
    ask("DEL", key);
    ask("SET", key, "nonsense");
  }

  EXPECT_FALSE(inherit().more);
}

TEST_F(Lease, TheLivingKeepTheirRuns) {
  connection.run(birth({.name = "w", .queues = {"q"}}, {.worker = "w"}, {}, {}));
  const Execution run = start(job("j1"));

  EXPECT_THAT(inherit().runs, IsEmpty());

  EXPECT_TRUE(succeed(job("j1"), run).held);
}

TEST_F(Lease, OfTwoHeirsOneInherits) {
  die();

  EXPECT_THAT(inherit().runs, SizeIs(1));
  EXPECT_THAT(inherit().runs, IsEmpty());
}

TEST_F(Lease, ManyRunsPassInSlices) {
  connection.run(birth({.name = "w", .queues = {"q"}}, {.worker = "w"}, {}, {}));
  for (int i = 0; i < 5; ++i) enqueue(job("j" + std::to_string(i)));
  claim({"q"}, 5);
  lapse();

  const Inheritance first = inherit(3);
  const Inheritance second = inherit(3);

  EXPECT_TRUE(first.more);
  EXPECT_THAT(first.runs, SizeIs(3));
  EXPECT_FALSE(second.more);
  EXPECT_THAT(second.runs, SizeIs(2));
}

TEST_F(Lease, WhatLayInTheInboxGoesBackToItsQueueInOrder) {
  connection.run(birth({.name = "w", .queues = {"q"}}, {.worker = "w"}, {}, {}));
  for (const char* id : {"j1", "j2", "j3"}) enqueue(job(id));
  for (int i = 0; i < 2; ++i) ask("LMOVE", "rq:queue:q", "rqpp:inbox:w", "LEFT", "RIGHT");
  lapse();

  inherit();

  EXPECT_THAT(read_ids(connection.run(queue_page("q", 0, 10)).at(0)),
              ElementsAre("j1", "j2", "j3"));
}

TEST_F(Lease, AJobThatWasCanceledIsNotInherited) {
  die();
  connection.run(cancel("j1", kNow));

  EXPECT_THAT(inherit().runs, IsEmpty());

  EXPECT_EQ(status("j1"), "canceled");
}

TEST_F(Lease, AKeyOfTheWrongTypeKeepsNoOtherJobFromItsHeir) {
  connection.run(birth({.name = "w", .queues = {"q"}}, {.worker = "w"}, {}, {}));
  enqueue(job("j1"));
  enqueue(job("j2"));
  claim({"q"}, 2);
  ask("DEL", "rq:job:j1");
  ask("SET", "rq:job:j1", "no hash");
  lapse();

  const Inheritance inheritance = inherit();

  ASSERT_THAT(inheritance.runs, SizeIs(1));
  EXPECT_EQ(inheritance.runs[0].run.job_id, "j2");
}

TEST_F(Lease, IsResumedWhereTheRunsWereDeletedAndNowhereElse) {
  connection.run(birth({.name = "w", .queues = {"q"}}, {.worker = "w"}, {}, {}));
  ask("DEL", "rqpp:runs:w");
  EXPECT_EQ(born(resume({.worker = "w", .session = 2}, 10s)), 1);
  EXPECT_EQ(score("rqpp:runs:w", "session-2"), "-1");

  ask("DEL", "rqpp:runs:w");
  lapse();
  EXPECT_EQ(born(resume({.worker = "w", .session = 3}, 10s)), 0);
  inherit();
  ask("ZADD", "rqpp:leases", 4'000'000'000, "w");
  EXPECT_EQ(born(resume({.worker = "w", .session = 3}, 10s)), 0);
}

/// A worker has claimed a job that no reader sees yet and is dead; the job was deleted since, and
/// its id names another one. The two are told apart by when they were created.
class LeaseOfAReusedId : public Lease, public ::testing::WithParamInterface<bool> {
 protected:
  LeaseOfAReusedId() {
    connection.run(birth({.name = "w", .queues = {"q"}}, {.worker = "w"}, {}, {}));
    enqueue(created(kNow + 111'111us));
    connection.run(protocol::claim({.claimant = {.worker = "w"},
                                    .number = 2,
                                    .queues = {"q"},
                                    .execution_ids = {"e1"},
                                    .ahead = GetParam() ? 0 : 1,
                                    .show = false},
                                   90s, kNow));
    lapse();
  }
  static JobRecord created(Time at) {
    JobRecord record = job("j1");
    record.created_at = at;
    record.named = true;
    return record;
  }
  static JobRecord another() {
    JobRecord record = created(kNow + 222'222us);
    record.data = "D2";
    return record;
  }
  /// All that is known of the new job is as it was.
  void expect_untouched() {
    const auto look = [this] {
      std::string all;
      for (const char* key : {"rq:job:j1", "rq:queue:q", "rq:deferred:q", "rq:scheduled:q",
                              "rq:wip:q", "rq:finished:q", "rq:failed:q", "rq:executions:j1"}) {
        all += ask("DUMP", key).text + "\n";
      }
      return all;
    };
    const std::string before = look();

    EXPECT_THAT(inherit().runs, IsEmpty());

    EXPECT_EQ(look(), before);
    EXPECT_THAT(runs_of("w"), IsEmpty());
    EXPECT_THAT(runs_of("heir"), IsEmpty());
  }
  void start_by_another() {
    enqueue(another());
    begin_session("other");
    connection.run(protocol::claim(
        {.claimant = {.worker = "other"}, .queues = {"q"}, .execution_ids = {"o1"}}, 90s, kNow));
  }
};

INSTANTIATE_TEST_SUITE_P(Lease, LeaseOfAReusedId, ::testing::Bool(),
                         [](const auto& begun) { return begun.param ? "Begun" : "Prefetched"; });

TEST_P(LeaseOfAReusedId, PassesTheOldJobOn) {
  const Inheritance inheritance = inherit();

  ASSERT_THAT(inheritance.runs, SizeIs(1));
  EXPECT_EQ(inheritance.runs[0].begun, GetParam());
}

TEST_P(LeaseOfAReusedId, LeavesANewJobThatIsQueued) {
  connection.run(delete_job("j1", kNow));
  enqueue(another());

  expect_untouched();
}

TEST_P(LeaseOfAReusedId, LeavesANewJobThatReplacedTheOldOne) {
  enqueue(another());

  expect_untouched();
}

// RQ's producers write over what is there.
TEST_P(LeaseOfAReusedId, LeavesANewJobOfPythons) {
  ask("HSET", "rq:job:j1", "created_at", "1970-01-01T00:16:40.222222Z", "data", "D2", "status",
      "queued");
  ask("RPUSH", "rq:queue:q", "j1");

  expect_untouched();
}

TEST_P(LeaseOfAReusedId, LeavesANewJobThatWaits) {
  connection.run(delete_job("j1", kNow));
  JobRecord record = another();
  record.status = Status::deferred;
  record.dependency_ids = {"parent"};
  enqueue(job("parent", "elsewhere"));
  enqueue(record);

  expect_untouched();
}

TEST_P(LeaseOfAReusedId, LeavesANewJobThatIsScheduled) {
  connection.run(delete_job("j1", kNow));
  JobRecord record = another();
  record.status = Status::scheduled;
  connection.run(schedule(std::span(&record, 1), kLater));

  expect_untouched();
}

TEST_P(LeaseOfAReusedId, LeavesANewJobThatAnotherWorkerHasStarted) {
  connection.run(delete_job("j1", kNow));
  start_by_another();

  expect_untouched();
}

TEST_P(LeaseOfAReusedId, LeavesANewJobThatHasEnded) {
  connection.run(delete_job("j1", kNow));
  start_by_another();
  succeed(another(), {.id = "o1", .job_id = "j1", .queue = "q", .worker = "other"});

  expect_untouched();
}

TEST_P(LeaseOfAReusedId, LeavesTheSameJobWhereItWasPutSince) {
  for (const char* status : {"deferred", "scheduled", "rate_limited", "finished", "failed"}) {
    ask("HSET", "rq:job:j1", "status", status);
    ask("ZADD", "rqpp:runs:w", GetParam() ? 1'111'111 : 2'111'111, "j1:e1");
    ask("ZADD", "rqpp:leases", 1, "w");

    EXPECT_THAT(inherit().runs, IsEmpty()) << status;
    EXPECT_EQ(ask("HGET", "rq:job:j1", "status").text, status);
  }
}

// A worker of before knew no stamps, and some jobs have none.
TEST_P(LeaseOfAReusedId, PassesAJobOnOfWhichTheRunRemembersNothing) {
  ask("ZADD", "rqpp:runs:w", 1, "begun", GetParam() ? 1 : 2, "j1:e1");

  const Inheritance inheritance = inherit();

  ASSERT_THAT(inheritance.runs, SizeIs(1));
  EXPECT_EQ(inheritance.runs[0].begun, GetParam());
}

TEST_P(LeaseOfAReusedId, IsRememberedByTheHeir) {
  ASSERT_THAT(inherit().runs, SizeIs(1));

  const Standing standing = read_worker_standing(connection.run(worker_standing("heir")));

  ASSERT_THAT(standing.runs, SizeIs(1));
  EXPECT_EQ(standing.runs[0].stamp, 111'111);
  EXPECT_EQ(standing.runs[0].begun, GetParam());
}

}  // namespace
}  // namespace rqpp::protocol
