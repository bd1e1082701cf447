#include <gmock/gmock.h>

#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

class WorkerLife : public ProtocolTest {
 protected:
  const WorkerRecord worker{.name = "w",
                            .queues = {"high", "low"},
                            .state = "started",
                            .hostname = "host",
                            .ip_address = "unknown",
                            .version = "1",
                            .python_version = "C++",
                            .pid = 42,
                            .birth = kNow,
                            .last_heartbeat = kNow};

  std::vector<std::string> lost_workers() {
    ask("ZADD", "rqpp:leases", "4000000000", "heir");
    return read_renewal(connection.run(renew_lease("heir", 10s, "4000000000")).at(0)).lost_workers;
  }
  std::optional<WorkerRecord> fetch() {
    const std::string name = "w";
    return read_worker("w", connection.run(fetch_workers(std::span(&name, 1))).at(0).elements);
  }
};

TEST_F(WorkerLife, IsBornIntoTheSetsOfItsQueues) {
  EXPECT_EQ(born(birth(worker, {.worker = "w"}, {}, {})), 1);

  EXPECT_EQ(fetch(), worker);
  EXPECT_GT(std::stod(score("rqpp:leases", "w")), std::stod(ask("TIME").elements[0].text) + 8);
  ask("DEL", "rqpp:leases");
  EXPECT_EQ(keys(), R"(
rq:worker:w hash birth=1970-01-01T00:16:40.000000Z hostname=host ip_address=unknown last_heartbeat=1970-01-01T00:16:40.000000Z pid=42 python_version=C++ queues=high,low rqpp_worker=w state=started version=1 (ttl 480)
rq:workers set rq:worker:w
rq:workers:high set rq:worker:w
rq:workers:low set rq:worker:w
)");
}

TEST_F(WorkerLife, IsBornWith11CommandsAndDiesWith8And1PerQueue) {
  test::reset_counts(admin());

  connection.run(birth(worker, {.worker = "w"}, {}, {}));
  EXPECT_LE(test::total(test::command_counts(admin())), 11 + 2);
  test::reset_counts(admin());
  connection.run(death({.worker = "w"}, worker.queues, kLater));

  EXPECT_LE(test::total(test::command_counts(admin())), 8 + 2);
}

TEST_F(WorkerLife, IsNotBornUnderTheNameOfTheLiving) {
  connection.run(birth(worker, {.worker = "w"}, {}, {}));

  EXPECT_EQ(born(birth(worker, {.worker = "w2"}, {}, {})), -1);  // its lease may run out yet
  ask("HDEL", "rq:worker:w", "rqpp_worker");                     // as RQ's workers, which have none
  EXPECT_EQ(born(birth(worker, {.worker = "w2"}, {}, {})), 0);
}

TEST_F(WorkerLife, LeavesWhatADeadNamesakeRanToItsHeirs) {
  connection.run(birth(worker, {.worker = "w"}, {}, {}));
  const Execution run = start(job("j1"));
  ask("RPUSH", "rqpp:inbox:w", "j2");
  ask("ZADD", "rqpp:leases", 1, "w");

  EXPECT_EQ(born(birth(worker, {.worker = "w2"}, {}, {})), 1);

  EXPECT_THAT(runs_of("w"), testing::ElementsAre("j1:" + run.id));
  EXPECT_THAT(runs_of("w2"), testing::IsEmpty());
  EXPECT_EQ(ask("LLEN", "rqpp:inbox:w").number, 1);
  EXPECT_EQ(ask("HGET", "rq:worker:w", "rqpp_worker").text, "w2");
  EXPECT_THAT(lost_workers(), testing::ElementsAre("w"));
}

// Its namesake lives: whatever the one that was frozen says when it wakes up must not hurt that.
TEST_F(WorkerLife, TheDeathOfANamesakeThatWasGivenUpLeavesTheHash) {
  connection.run(birth(worker, {.worker = "w"}, {}, {}));
  ask("ZADD", "rqpp:leases", 1, "w");
  connection.run(birth(worker, {.worker = "w2"}, {}, {}));

  connection.run(death({.worker = "w"}, worker.queues, kLater));

  EXPECT_EQ(ask("HEXISTS", "rq:worker:w", "death").number, 0);
  EXPECT_EQ(ask("SISMEMBER", "rq:workers", "rq:worker:w").number, 1);
  EXPECT_EQ(score("rqpp:leases", "w"), "");
}

// It was given up while it was cut off, or Redis has lost its data.
TEST_F(WorkerLife, IsBornAgainAndLeavesWhatItRanToItsHeirs) {
  connection.run(birth(worker, {.worker = "w"}, {}, {}));
  start(job("j1"));

  EXPECT_EQ(born(birth(worker, {.worker = "w2", .session = 2}, {}, "w")), 1);

  EXPECT_EQ(born(resume({.worker = "w", .session = 3}, 10s)), 0);
  EXPECT_EQ(born(resume({.worker = "w2", .session = 3}, 10s)), 1);
  EXPECT_THAT(lost_workers(), testing::ElementsAre("w"));
}

TEST_F(WorkerLife, TakesTheNameOfTheDead) {
  connection.run(birth(worker, {.worker = "w"}, {}, {}));
  connection.run(death({.worker = "w"}, worker.queues, kLater));

  EXPECT_EQ(born(birth(worker, {.worker = "w"}, {}, {})), 1);
  EXPECT_EQ(ask("HEXISTS", "rq:worker:w", "death").number, 0);
}

TEST_F(WorkerLife, HeartbeatsCountTheWorkDone) {
  connection.run(birth(worker, {.worker = "w"}, {}, {}));

  connection.run(heartbeat(
      "w", 480s, {.succeeded = 2, .failed = 1, .working_time = std::chrono::milliseconds{1'500}},
      kLater));

  EXPECT_EQ(fetch()->successful_job_count, 2);
  EXPECT_EQ(fetch()->failed_job_count, 1);
  EXPECT_EQ(fetch()->total_working_time_seconds, 1.5);
  EXPECT_EQ(fetch()->last_heartbeat, kLater);
}

TEST_F(WorkerLife, AHeartbeatTellsThatTheHashHadVanished) {
  EXPECT_EQ(number(heartbeat("w", 480s, {}, kNow)), 1);
  EXPECT_EQ(number(heartbeat("w", 480s, {}, kLater)), 0);
}

TEST_F(WorkerLife, BecomesIdleWithoutACurrentJob) {
  start(job("j1"));

  connection.run(rest("w", "idle", {}));

  EXPECT_EQ(fetch()->state, "idle");
  EXPECT_EQ(fetch()->current_job, "");
}

TEST_F(WorkerLife, DeathLeavesTheSetsAndSoonTheHash) {
  connection.run(birth(worker, {.worker = "w"}, {}, {}));

  EXPECT_EQ(number(death({.worker = "w"}, worker.queues, kLater)), 1);

  EXPECT_EQ(ask("EXISTS", "rq:workers", "rq:workers:high", "rqpp:leases").number, 0);
  EXPECT_EQ(ask("HGET", "rq:worker:w", "death").text, "1970-01-01T00:16:50.000000Z");
  EXPECT_EQ(ttl("rq:worker:w"), 60);
}

// It could not go on, say, and left while it ran a job.
TEST_F(WorkerLife, DeathLeavesWhatStillRunsToTheHeirs) {
  connection.run(birth(worker, {.worker = "w"}, {}, {}));
  start(job("j1"));

  EXPECT_EQ(number(death({.worker = "w"}, worker.queues, kLater)), 0);

  EXPECT_THAT(lost_workers(), testing::ElementsAre("w"));
  EXPECT_THAT(runs_of("w"), testing::SizeIs(1));
}

TEST_F(WorkerLife, DeathLeavesWhatHasArrivedToTheHeirs) {
  connection.run(birth(worker, {.worker = "w"}, {}, {}));
  ask("RPUSH", "rqpp:inbox:w", "j2");

  EXPECT_EQ(number(death({.worker = "w"}, worker.queues, kLater)), 0);

  EXPECT_THAT(lost_workers(), testing::ElementsAre("w"));
}

}  // namespace
}  // namespace rqpp::protocol
