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

  std::optional<WorkerRecord> fetch() {
    const std::string name = "w";
    return read_worker("w", connection.run(fetch_workers(std::span(&name, 1))).at(0).elements);
  }
};

TEST_F(WorkerLife, IsBornIntoTheSetsOfItsQueues) {
  EXPECT_EQ(number(birth(worker, {}, "ghost")), 1);

  EXPECT_EQ(fetch(), worker);
  EXPECT_GT(std::stod(score("rqpp:leases", "w")), std::stod(ask("TIME").elements[0].text) + 8);
  ask("DEL", "rqpp:leases");
  EXPECT_EQ(keys(), R"(
rq:worker:w hash birth=1970-01-01T00:16:40.000000Z hostname=host ip_address=unknown last_heartbeat=1970-01-01T00:16:40.000000Z pid=42 python_version=C++ queues=high,low state=started version=1 (ttl 480)
rq:workers set rq:worker:w
rq:workers:high set rq:worker:w
rq:workers:low set rq:worker:w
)");
}

TEST_F(WorkerLife, IsBornWith10CommandsAndDiesWith7And1PerQueue) {
  test::reset_counts(connection);

  connection.run(birth(worker, {}, "ghost"));
  EXPECT_LE(test::total(test::command_counts(connection)), 10 + 2);
  test::reset_counts(connection);
  connection.run(death("w", worker.queues, kLater));

  EXPECT_LE(test::total(test::command_counts(connection)), 7 + 2);
}

TEST_F(WorkerLife, IsNotBornUnderTheNameOfTheLiving) {
  connection.run(birth(worker, {}, "ghost"));

  EXPECT_EQ(number(birth(worker, {}, "ghost")), -1);  // its lease may run out yet
  ask("ZREM", "rqpp:leases", "w");                    // as RQ's workers, which have none
  EXPECT_EQ(number(birth(worker, {}, "ghost")), 0);
}

TEST_F(WorkerLife, LeavesWhatADeadNamesakeRanToItsHeirs) {
  connection.run(birth(worker, {}, "ghost"));
  const Execution run = start(job("j1"));
  ask("RPUSH", "rqpp:inbox:w", "j2");
  ask("ZADD", "rqpp:leases", 1, "w");

  EXPECT_EQ(number(birth(worker, {}, "ghost")), 1);

  EXPECT_EQ(ask("SMEMBERS", "rq:worker:ghost:executions").elements.at(0).text, "j1:" + run.id);
  EXPECT_EQ(ask("LLEN", "rqpp:inbox:ghost").number, 1);
  EXPECT_EQ(ask("EXISTS", "rq:worker:w:executions", "rqpp:inbox:w").number, 0);
  EXPECT_LE(std::stod(score("rqpp:leases", "ghost")), std::stod(ask("TIME").elements[0].text) + 1);
}

TEST_F(WorkerLife, TakesTheNameOfTheDead) {
  connection.run(birth(worker, {}, "ghost"));
  connection.run(death("w", worker.queues, kLater));

  EXPECT_EQ(number(birth(worker, {}, "ghost")), 1);
  EXPECT_EQ(ask("HEXISTS", "rq:worker:w", "death").number, 0);
}

TEST_F(WorkerLife, HeartbeatsCountTheWorkDone) {
  connection.run(birth(worker, {}, "ghost"));

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
  connection.run(birth(worker, {}, "ghost"));

  EXPECT_EQ(number(death("w", worker.queues, kLater)), 1);

  EXPECT_EQ(ask("EXISTS", "rq:workers", "rq:workers:high", "rqpp:leases").number, 0);
  EXPECT_EQ(ask("HGET", "rq:worker:w", "death").text, "1970-01-01T00:16:50.000000Z");
  EXPECT_EQ(ttl("rq:worker:w"), 60);
}

// It could not go on, say, and left while it ran a job.
TEST_F(WorkerLife, DeathLeavesWhatStillRunsToTheHeirs) {
  connection.run(birth(worker, {}, "ghost"));
  start(job("j1"));

  EXPECT_EQ(number(death("w", worker.queues, kLater)), 0);

  EXPECT_THAT(read_lost_workers(connection.run(renew_lease("heir", 10s)).at(0)),
              testing::ElementsAre("w"));
  EXPECT_EQ(ask("SCARD", "rq:worker:w:executions").number, 1);
}

TEST_F(WorkerLife, DeathLeavesWhatHasArrivedToTheHeirs) {
  connection.run(birth(worker, {}, "ghost"));
  ask("RPUSH", "rqpp:inbox:w", "j2");

  EXPECT_EQ(number(death("w", worker.queues, kLater)), 0);

  EXPECT_THAT(read_lost_workers(connection.run(renew_lease("heir", 10s)).at(0)),
              testing::ElementsAre("w"));
}

}  // namespace
}  // namespace rqpp::protocol
