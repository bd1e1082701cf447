// Leases of workers, and what becomes of the runs of those that let theirs run out.

#include <gmock/gmock.h>

#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Lease : public ProtocolTest {
 protected:
  std::vector<std::string> renew(const std::string& worker = "w") {
    return read_lost_workers(connection.run(renew_lease(worker, 10s)).at(0));
  }
  /// Worker `w` has run one job, `j1`, and is dead.
  Execution die() {
    connection.run(birth({.name = "w", .queues = {"q", "low"}}, {}, "ghost"));
    Execution run = start(job("j1"));
    lapse();
    return run;
  }
  void lapse() { ask("ZADD", "rqpp:leases", 1, "w"); }
  Inheritance inherit(int most = 32) {
    InheritRequest request{.lost = "w", .heir = "heir"};
    for (int i = 1; i <= most; ++i) request.execution_ids.push_back("x" + std::to_string(i));
    return read_inheritance(connection.run(protocol::inherit(request, 90s, 10s, kLater)).at(0),
                            "heir");
  }
};

TEST_F(Lease, NamesWhoHasLetItRunOut) {
  EXPECT_THAT(renew("a"), IsEmpty());
  ask("ZADD", "rqpp:leases", 1, "dead");

  EXPECT_THAT(renew("b"), ElementsAre("dead"));
}

TEST_F(Lease, IsAtMostFourCommands) {
  renew();
  test::reset_counts(connection);

  renew();

  EXPECT_LE(test::total(test::command_counts(connection)), 4);
}

TEST_F(Lease, TellsWhatTheDeadHadOnlyTakenAhead) {
  die();
  enqueue(job("j2"));
  connection.run(protocol::claim(
      {.worker = "w", .queues = {"q"}, .execution_ids = {"e2"}, .ahead = 1}, 90s, kNow));

  std::map<std::string, bool> begun;
  for (const Started& it : inherit().runs) begun[it.run.job_id] = it.begun;

  EXPECT_EQ(begun, (std::map<std::string, bool>{{"j1", true}, {"j2", false}}));
}

TEST_F(Lease, RunsOfTheDeadPassToTheHeirUnderNewIds) {
  const Execution old = die();

  const Inheritance inheritance = inherit();

  EXPECT_FALSE(inheritance.more);
  ASSERT_THAT(inheritance.runs, SizeIs(1));
  EXPECT_EQ(inheritance.runs[0].run,
            (Execution{.id = "x1", .job_id = "j1", .queue = "q", .worker = "heir"}));
  EXPECT_EQ(read_whole_job("j1", inheritance.runs[0].fields)->data, "D");
  EXPECT_FALSE(succeed(job("j1"), old).held);  // the dead one comes back late
  EXPECT_TRUE(fail(job("j1"), inheritance.runs[0].run).held);
  EXPECT_EQ(status("j1"), "failed");
}

TEST_F(Lease, AnInheritanceIsAtMost16Commands7PerRunAnd1PerQueue) {
  die();
  inherit();
  die();
  test::reset_counts(connection);

  ASSERT_THAT(inherit().runs, SizeIs(1));

  EXPECT_LE(test::total(test::command_counts(connection)), 16 + 7 + 2);
}

TEST_F(Lease, TheDeadAreNoLongerRegistered) {
  die();

  EXPECT_TRUE(inherit().news);

  EXPECT_EQ(ask("EXISTS", "rq:workers", "rq:workers:q", "rq:workers:low", "rq:worker:w:executions")
                .number,
            0);
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

TEST_F(Lease, TheDeadAreForgottenWithTheirHash) {
  die();
  inherit();
  ask("DEL", "rq:worker:w");
  lapse();

  inherit();

  EXPECT_EQ(ask("EXISTS", "rqpp:leases").number, 0);
}

TEST_F(Lease, AWorkerThatWasGivenUpIsToldByItsNextHeartbeat) {
  die();
  inherit();

  EXPECT_EQ(number(heartbeat("w", 480s, {}, kLater)), 1);
}

TEST_F(Lease, OfTheDeadDoesNotKeepANamesakeFromBeingBorn) {
  die();
  inherit();

  EXPECT_EQ(number(birth({.name = "w", .queues = {"q"}}, {}, "ghost")), 1);
}

TEST_F(Lease, AFullInboxIsEmptiedInSlices) {
  connection.run(birth({.name = "w", .queues = {"q"}}, {}, "ghost"));
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

TEST_F(Lease, OfARunLastsUntilSomebodyInheritsIt) {
  start(job("j1"));

  EXPECT_EQ(ttl("rq:worker:w:executions"), -1);
}

TEST_F(Lease, KeysOfTheWrongTypeDoNotStopTheHeir) {
  die();
  for (const char* key : {"rqpp:inbox:w", "rq:worker:w:executions", "rq:worker:w"}) {
    ask("DEL", key);
    ask("SET", key, "nonsense");
  }

  EXPECT_FALSE(inherit().more);
}

TEST_F(Lease, TheLivingKeepTheirRuns) {
  connection.run(birth({.name = "w", .queues = {"q"}}, {}, "ghost"));
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
  connection.run(birth({.name = "w", .queues = {"q"}}, {}, "ghost"));
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
  connection.run(birth({.name = "w", .queues = {"q"}}, {}, "ghost"));
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
  connection.run(birth({.name = "w", .queues = {"q"}}, {}, "ghost"));
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

}  // namespace
}  // namespace rqpp::protocol
