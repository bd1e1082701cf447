#include <gmock/gmock.h>

#include "protocol/registry.h"
#include "redis/protocol/protocol_test.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

class TakeBack : public ProtocolTest {
 protected:
  void store(const std::string& id, const std::string& status, const std::string& registry) {
    ask("HSET", "rq:job:" + id, "data", "D", "status", status, "origin", "q");
    ask("ZADD", registry, 5, id);
  }
};

TEST_F(TakeBack, CancelTakesAQueuedJobOutOfItsQueue) {
  enqueue(job("j1"));
  enqueue(job("j2"));

  EXPECT_EQ(number(cancel("j1", kNow)), 1);

  EXPECT_EQ(keys(), R"(
rq:canceled:q zset j1=1000
rq:job:j1 hash data=D origin=q status=canceled
rq:job:j2 hash data=D origin=q status=queued
rq:queue:q list j2
)");
}

TEST_F(TakeBack, CancelTakesARunningJobFromItsWorker) {
  start(job("j1"));

  EXPECT_EQ(number(cancel("j1", kNow)), 1);

  EXPECT_EQ(status("j1"), "canceled");
  EXPECT_EQ(ask("EXISTS", "rq:wip:q").number, 0);
  EXPECT_EQ(score("rq:canceled:q", "j1"), "1000");
}

TEST_F(TakeBack, CancelKnowsTheBareIdsOfOldWorkers) {
  store("j1", "started", "rq:wip:q");

  EXPECT_EQ(number(cancel("j1", kNow)), 1);

  EXPECT_EQ(score("rq:wip:q", "j1"), "");
}

TEST_F(TakeBack, CancelLeavesEveryRegistry) {
  for (const char* word : {"deferred", "scheduled", "finished", "failed"}) {
    store(word, word, std::string("rq:") + word + ":q");
  }
  store("stopped", "stopped", "rq:failed:q");

  for (const char* id : {"deferred", "scheduled", "finished", "failed", "stopped"}) {
    EXPECT_EQ(number(cancel(id, kNow)), 1) << id;
    EXPECT_EQ(status(id), "canceled");
  }

  EXPECT_EQ(ask("EXISTS", "rq:deferred:q", "rq:scheduled:q", "rq:finished:q", "rq:failed:q").number,
            0);
  EXPECT_EQ(ask("ZCARD", "rq:canceled:q").number, 5);
}

TEST_F(TakeBack, CancelSaysWhatItCannotCancel) {
  enqueue(job("j1"));
  connection.run(cancel("j1", kNow));

  EXPECT_EQ(number(cancel("j1", kLater)), -1);
  EXPECT_EQ(score("rq:canceled:q", "j1"), "1000");
  EXPECT_EQ(number(cancel("gone", kNow)), 0);
  EXPECT_EQ(ask("EXISTS", "rq:job:gone").number, 0);
}

TEST_F(TakeBack, DeleteLeavesNothingOfAQueuedJob) {
  enqueue(job("j1"));
  ask("SADD", "rq:job:j1:dependents", "x");
  ask("SADD", "rq:job::j1:dependencies", "x");
  ask("XADD", "rq:results:j1", "*", "type", "1");

  EXPECT_EQ(number(delete_job("j1", kNow)), 1);

  EXPECT_EQ(keys(), "\n");
}

TEST_F(TakeBack, DeleteTakesARunningJobFromItsWorker) {
  start(job("j1"));

  EXPECT_EQ(number(delete_job("j1", kNow)), 1);

  EXPECT_EQ(keys(), R"(
rq:worker:w hash current_job=j1 current_job_working_time=0 state=busy
rq:worker:w:executions set j1:e1
rqpp:runs:w zset begun=1999999 j1:e1=0 session-1=-1
)");
}

TEST_F(TakeBack, DeleteLeavesEveryRegistryAndGroup) {
  for (const char* word : {"deferred", "scheduled", "finished", "failed", "canceled"}) {
    store(word, word, std::string("rq:") + word + ":q");
  }
  store("stopped", "stopped", "rq:failed:q");
  store("started", "started", "rq:wip:q");
  ask("HSET", "rq:job:failed", "group_id", "g");
  ask("SADD", "rq:group:g", "failed");

  for (const char* id :
       {"deferred", "scheduled", "finished", "failed", "canceled", "stopped", "started"}) {
    EXPECT_EQ(number(delete_job(id, kNow)), 1) << id;
  }

  EXPECT_EQ(keys(), "\n");
  EXPECT_EQ(number(delete_job("failed", kNow)), 0);
}

TEST_F(TakeBack, RequeuePutsAFailedJobBack) {
  fail(job("j1"), start(job("j1")));
  enqueue(job("j2"));

  EXPECT_EQ(number(requeue("j1", Position::back, kNow)), 1);

  EXPECT_EQ(ask("EXISTS", "rq:failed:q").number, 0);
  EXPECT_EQ(status("j1"), "queued");
  EXPECT_EQ(ask("HGET", "rq:job:j1", "enqueued_at").text, kNowIso);
  EXPECT_EQ(ask("HGET", "rq:job:j1", "started_at").text, "");
  EXPECT_EQ(ask("HGET", "rq:job:j1", "ended_at").text, "");
  EXPECT_EQ(ask("LINDEX", "rq:queue:q", 1).text, "j1");
  EXPECT_EQ(ask("SISMEMBER", "rq:queues", "rq:queue:q").number, 1);
}

TEST_F(TakeBack, RequeueAtTheFrontRunsNext) {
  fail(job("j1"), start(job("j1")));
  enqueue(job("j2"));

  connection.run(requeue("j1", Position::front, kNow));

  EXPECT_EQ(ask("LINDEX", "rq:queue:q", 0).text, "j1");
}

TEST_F(TakeBack, RequeueEndsTheTimeToLiveOfTheFailure) {
  fail(job("j1"), start(job("j1")));

  connection.run(requeue("j1", Position::back, kNow));

  EXPECT_EQ(ttl("rq:job:j1"), -1);
}

TEST_F(TakeBack, RequeueGivesTheJobItsOwnTimeToLiveAgain) {
  JobRecord mortal = job("j1");
  mortal.ttl_seconds = 60;
  fail(mortal, start(mortal));

  connection.run(requeue("j1", Position::back, kNow));

  EXPECT_EQ(ttl("rq:job:j1"), 60);
}

TEST_F(TakeBack, RequeueRefusesWhatHasNotFailed) {
  enqueue(job("j1"));

  EXPECT_EQ(number(requeue("j1", Position::back, kNow)), -1);
  EXPECT_EQ(number(requeue("gone", Position::back, kNow)), 0);
  EXPECT_EQ(ask("LLEN", "rq:queue:q").number, 1);
}

TEST_F(TakeBack, RequeueKeepsAFailedJobWhoseQueueIsNoList) {
  fail(job("j1"), start(job("j1")));
  ask("SET", "rq:queue:q", "x");

  EXPECT_THROW(connection.run(requeue("j1", Position::back, kNow)), CommandError);

  EXPECT_EQ(status("j1"), "failed");
  EXPECT_NE(score("rq:failed:q", "j1"), "");
}

TEST_F(TakeBack, RemoveTakesTheIdAndLeavesTheJob) {
  enqueue(job("j1"));

  EXPECT_EQ(number(remove_from_queue("q", "j1")), 1);
  EXPECT_EQ(number(remove_from_queue("q", "j1")), 0);

  EXPECT_EQ(keys(), R"(
rq:job:j1 hash data=D origin=q status=queued
)");
}

TEST_F(TakeBack, EmptyTakesASliceAndItsJobs) {
  for (const char* id : {"j1", "j2", "j3"}) enqueue(job(id));
  ask("SADD", "rq:job:j1:dependents", "x");

  EXPECT_EQ(number(empty_slice("q", 2, kNow)), 2);
  EXPECT_EQ(keys(), R"(
rq:job:j3 hash data=D origin=q status=queued
rq:queue:q list j3
)");

  EXPECT_EQ(number(empty_slice("q", 2, kNow)), 1);
  EXPECT_EQ(number(empty_slice("q", 2, kNow)), 0);
  EXPECT_EQ(keys(), "\n");
}

/// Where each status has its job, as RQ 3 has it.
struct Place {
  const char* status;
  const char* key;
};
constexpr Place kPlaces[] = {{"queued", "rq:queue:q"},          {"finished", "rq:finished:q"},
                             {"failed", "rq:failed:q"},         {"stopped", "rq:failed:q"},
                             {"started", "rq:wip:q"},           {"deferred", "rq:deferred:q"},
                             {"scheduled", "rq:scheduled:q"},   {"canceled", "rq:canceled:q"},
                             {"ready_to_enqueue", "rq:ready:q"}};

class EachStatus : public TakeBack, public ::testing::WithParamInterface<Place> {
 protected:
  void put(bool repeats) {
    const Place place = GetParam();
    const std::string status = place.status;
    ask("HSET", "rq:job:j", "data", "D", "origin", "q", "status", status);
    if (repeats) {
      ask("HSET", "rq:job:j", "repeats_left", "1");
      ask("ZADD", "rq:finished:q", "2000", "j");
    }
    ask("XADD", "rq:results:j", "*", "type", "1");
    if (status == "queued") {
      ask("RPUSH", place.key, "j");
    } else if (status == "started") {
      ask("ZADD", place.key, "2000", "j:e1");
      ask("ZADD", "rq:executions:j", "2000", "e1");
      ask("HSET", "rq:execution:j:e1", "id", "e1");
    } else {
      ask("ZADD", place.key, "2000", "j");
    }
  }
};

TEST_P(EachStatus, DeleteLeavesNothing) {
  for (const bool repeats : {false, true}) {
    put(repeats);
    EXPECT_EQ(number(delete_job("j", kNow)), 1);
    EXPECT_EQ(keys(), "\n");
  }
}

TEST_P(EachStatus, CancelLeavesItAmongTheCanceledAlone) {
  for (const bool repeats : {false, true}) {
    put(repeats);
    const bool was_canceled = GetParam().status == std::string("canceled");
    EXPECT_EQ(number(cancel("j", kNow)), was_canceled ? -1 : 1);
    for (const Place& place : kPlaces) {
      const bool stays = place.key == std::string("rq:canceled:q") ||
                         (was_canceled && place.key == std::string("rq:finished:q"));
      if (stays) continue;
      EXPECT_EQ(ask("EXISTS", place.key).number, 0) << place.key;
    }
    EXPECT_EQ(ask("ZCARD", "rq:canceled:q").number, 1);
    EXPECT_EQ(number(delete_job("j", kNow)), 1);
    EXPECT_EQ(ask("ZCARD", "rq:canceled:q").number, 0);
    ask("FLUSHDB");
  }
}

TEST_P(EachStatus, AJobOfItsIdReplacesIt) {
  put(true);
  JobRecord record = job("j");
  record.created_at = kNow;
  record.named = true;

  enqueue(record);

  EXPECT_EQ(keys(), "\nrq:job:j hash created_at=" + kNowIso +
                        " data=D origin=q status=queued\nrq:queue:q list j\n");
}

TEST_P(EachStatus, RemovingItFromItsRegistryLeavesNothing) {
  const std::string status = GetParam().status;
  const auto kind = status == "finished"    ? std::optional(RegistryKind::finished)
                    : status == "failed"    ? std::optional(RegistryKind::failed)
                    : status == "stopped"   ? std::optional(RegistryKind::failed)
                    : status == "deferred"  ? std::optional(RegistryKind::deferred)
                    : status == "scheduled" ? std::optional(RegistryKind::scheduled)
                    : status == "canceled"  ? std::optional(RegistryKind::canceled)
                                            : std::nullopt;
  if (!kind) GTEST_SKIP() << "it is in none";
  for (const bool repeats : {false, true}) {
    put(repeats);
    EXPECT_EQ(number(remove_entry(*kind, "q", "j", kNow)), 1);
    EXPECT_EQ(keys(), "\n");
  }
}

INSTANTIATE_TEST_SUITE_P(TakeBack, EachStatus, ::testing::ValuesIn(kPlaces),
                         [](const auto& status) { return std::string(status.param.status); });

TEST_F(TakeBack, RequeueLeavesNothingInTheRegistries) {
  JobRecord record = job("j");
  record.repeats_left = 1;
  const Execution run = start(record);
  fail(record, run);
  ask("ZADD", "rq:finished:q", "2000", "j");  // of the run before

  EXPECT_EQ(number(requeue("j", Position::back, kNow)), 1);

  for (const char* key : {"rq:failed:q", "rq:finished:q", "rq:wip:q"}) {
    EXPECT_EQ(ask("EXISTS", key).number, 0) << key;
  }
}

TEST_F(TakeBack, EmptyLeavesNothingOfItsJobs) {
  JobRecord limited = job("limited");
  limited.created_at = kNow;
  limited.limit_key = "k";
  limited.limit_jobs = 1;
  enqueue(limited);
  JobRecord member = job("member");
  member.group_id = "g";
  enqueue(member);
  JobRecord again = job("again");
  again.repeats_left = 1;
  enqueue(again);
  ask("ZADD", "rq:finished:q", "2000", "again");
  ask("XADD", "rq:results:again", "*", "type", "1");

  EXPECT_EQ(number(empty_slice("q", 100, kNow)), 3);

  EXPECT_EQ(keys(), R"(
rq:groups set g
rq:rl-keys set k
rq:rl:k hash concurrency=1
)");
}

TEST_F(TakeBack, EmptyCostsFiveCommandsAndOneForEachJob) {
  for (int round = 0; round < 2; ++round) {  // the script is known the second time
    for (int i = 0; i < 100; ++i) enqueue(job(std::to_string(i)));
    test::reset_counts(admin());
    number(empty_slice("q", 100, kNow));
  }

  EXPECT_EQ(test::total(test::command_counts(admin())), 1 + 5 + 100);
}

TEST_F(TakeBack, SaveMetaDoesNotBringADeletedJobBack) {
  enqueue(job("j1"));

  EXPECT_EQ(number(save_meta("j1", "M")), 1);
  EXPECT_EQ(number(save_meta("gone", "M")), 0);

  EXPECT_EQ(keys(), R"(
rq:job:j1 hash data=D meta=M origin=q status=queued
rq:queue:q list j1
)");
}

}  // namespace
}  // namespace rqpp::protocol
