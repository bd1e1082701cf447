// What workers clean up after others, in a real Redis.

#include "protocol/maintenance.h"

#include <gmock/gmock.h>

#include "protocol/dependencies.h"
#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MaintenanceTest : public ProtocolTest {
 protected:
  MaintenanceTest() { begin_session("heir"); }

  /// Of the queue `q`, at kLater, in one slice.
  std::int64_t clean() { return number(clean_queue("q", kLater)); }
  Abandoned take(int most = 32, std::int64_t runs_left = 0, std::int64_t ids_left = 0,
                 Time now = kLater) {
    AbandonedRequest request{
        .queue = "q", .heir = {.worker = "heir"}, .runs_left = runs_left, .ids_left = ids_left};
    for (int i = 1; i <= most; ++i) request.execution_ids.push_back("x" + std::to_string(i));
    return read_abandoned(connection.run(take_abandoned(request, now)).at(0), "heir");
  }
  /// A worker of Python has started a job and is gone.
  void abandon(const std::string& id, const std::string& member) {
    enqueue(job(id));
    ask("LREM", "rq:queue:q", 1, id);
    ask("HSET", "rq:job:" + id, "status", "started", "worker_name", "snake");
    ask("ZADD", "rq:wip:q", 1009, member);
  }
  std::string page_of_workers(const std::string& queue, const std::string& cursor = "0") {
    return read_cursor(connection.run(clean_workers(queue, cursor)).at(0));
  }
  std::string page_of_group(const std::string& cursor = "0") {
    return read_cursor(connection.run(clean_group("g", cursor)).at(0));
  }
  bool exists(const std::string& key) { return ask("EXISTS", key).number == 1; }
};

TEST_F(MaintenanceTest, OfOneQueueIsDoneByWhoeverHasTheLock) {
  EXPECT_FALSE(connection.run(lock_maintenance("q")).at(0).is_nil());
  EXPECT_TRUE(connection.run(lock_maintenance("q")).at(0).is_nil());
  EXPECT_EQ(ttl("rq:clean_registries:q"), 899);

  connection.run(unlock_maintenance("q"));

  EXPECT_FALSE(connection.run(lock_maintenance("q")).at(0).is_nil());
}

TEST_F(MaintenanceTest, ForgetsWhatRegistriesHaveKeptForLongEnough) {
  for (const char* key : {"rq:finished:q", "rq:failed:q"}) {
    ask("ZADD", key, 1010, "late", 1011, "early", "+inf", "ever", -1, "never");
  }

  EXPECT_EQ(clean(), 2);

  for (const char* key : {"rq:finished:q", "rq:failed:q"}) {
    EXPECT_THAT(read_ids(ask("ZRANGE", key, 0, -1)), ElementsAre("never", "early", "ever"));
  }
}

TEST_F(MaintenanceTest, ForgetsASliceAtATime) {
  for (int i = 0; i < 80; ++i) ask("ZADD", "rq:finished:q", 1, "j" + std::to_string(i));

  EXPECT_EQ(clean(), kCleanSlice);
  EXPECT_EQ(clean(), 80 - kCleanSlice);
  EXPECT_EQ(clean(), 0);
}

TEST_F(MaintenanceTest, TakesTheResultOfAFailedJobThatIsGone) {
  enqueue(job("kept"));
  for (const char* id : {"gone", "kept"}) {
    ask("ZADD", "rq:failed:q", 1, id);
    ask("XADD", std::string("rq:results:") + id, "*", "type", 2);
  }

  clean();

  EXPECT_FALSE(exists("rq:results:gone"));
  EXPECT_TRUE(exists("rq:results:kept"));
}

TEST_F(MaintenanceTest, ForgetsCanceledJobsAfterAYear) {
  enqueue(job("j1"));
  connection.run(cancel("j1", kNow));
  ask("XADD", "rq:results:j1", "*", "type", 2);
  constexpr std::chrono::hours kYear{365 * 24};

  connection.run(clean_queue("q", kNow + kYear - 1s));
  EXPECT_TRUE(exists("rq:job:j1"));
  connection.run(clean_queue("q", kNow + kYear));

  EXPECT_EQ(keys(), "\n");
}

TEST_F(MaintenanceTest, KeepsAJobThatRunsAgainAfterItWasCanceled) {
  ask("ZADD", "rq:canceled:q", 0, "j1");
  enqueue(job("j1"));
  constexpr std::chrono::hours kYears{2 * 365 * 24};

  connection.run(clean_queue("q", kNow + kYears));

  EXPECT_TRUE(exists("rq:job:j1"));
  EXPECT_FALSE(exists("rq:canceled:q"));
}

TEST_F(MaintenanceTest, PushesWhatADeadWorkerOfRq3LeftOnItsWay) {
  for (const char* id : {"a", "b", "first", "held", "ended", "no_hash"}) {
    ask("HSET", std::string("rq:job:") + id, "data", "D", "status", "ready_to_enqueue");
    ask("ZADD", "rq:ready:q", 1, id);
  }
  ask("HSET", "rq:job:b", "enqueue_at_front", 1, "ttl", 50);
  for (const char* id : {"first", "held"}) {
    ask("HSET", std::string("rq:job:") + id, "origin", "q", "rate_limit_key", "k",
        "rate_limit_concurrency", 1);
  }
  ask("HSET", "rq:job:ended", "status", "finished");
  ask("DEL", "rq:job:no_hash");
  ask("SET", "rq:job:no_hash", "text");

  clean();

  EXPECT_THAT(read_ids(connection.run(queue_page("q", 0, 10)).at(0)),
              ElementsAre("b", "a", "first"));
  EXPECT_EQ(status("a"), "queued");
  EXPECT_EQ(ttl("rq:job:b"), 50);
  EXPECT_EQ(status("held"), "rate_limited");
  EXPECT_THAT(read_ids(ask("ZRANGE", "rq:ready:q", 0, -1)), IsEmpty());
}

TEST_F(MaintenanceTest, OfAQueueWithNothingToDoIs10Commands) {
  clean();
  connection.run(deferred_page("q", "0"));
  take();
  test::reset_counts(admin());

  clean();

  EXPECT_LE(test::total(test::command_counts(admin())), 1 + 4);
  test::reset_counts(admin());
  connection.run(deferred_page("q", "0"));
  EXPECT_LE(test::total(test::command_counts(admin())), 1 + 1);
  test::reset_counts(admin());
  take();
  EXPECT_LE(test::total(test::command_counts(admin())), 1 + 2);
}

TEST_F(MaintenanceTest, TakesRunsThatWereNotRenewedInBothForms) {
  abandon("j1", "j1:e1");
  abandon("j2", "j2");
  ask("HSET", "rq:execution:j1:e1", "id", "e1");
  ask("ZADD", "rq:executions:j1", 1, "e1");

  const Abandoned taken = take();

  EXPECT_FALSE(taken.more);
  ASSERT_THAT(taken.runs, SizeIs(2));
  EXPECT_EQ(
      taken.runs[0].run,
      (Execution{.id = "x1", .job_id = "j1", .queue = "q", .worker = "heir", .shown = false}));
  EXPECT_EQ(read_whole_job("j2", taken.runs[1].fields)->worker_name, "snake");
  EXPECT_FALSE(exists("rq:wip:q"));
  EXPECT_THAT(runs_of("heir"), ElementsAre("j1:x1", "j2:x2"));
  EXPECT_FALSE(exists("rq:execution:j1:e1"));
  EXPECT_FALSE(exists("rq:executions:j1"));
  EXPECT_TRUE(fail(job("j1"), taken.runs[0].run).held);
  EXPECT_EQ(status("j1"), "failed");
}

TEST_F(MaintenanceTest, TakesAnIdWithAColonForNoRunOfAnotherJob) {
  enqueue(job("user"));
  abandon("user:42", "user:42");
  abandon("a:b", "a:b:e1");

  const Abandoned taken = take();

  EXPECT_THAT(runs_of("heir"), ElementsAre("a:b:x1", "user:42:x2"));
  EXPECT_THAT(taken.runs, SizeIs(2));
  EXPECT_EQ(status("user"), "queued");
}

TEST_F(MaintenanceTest, ARunThatIsTakenOverIsAtMost10Commands) {
  abandon("j1", "j1:e1");
  take();
  abandon("j2", "j2:e2");
  test::reset_counts(admin());

  ASSERT_THAT(take().runs, SizeIs(1));

  EXPECT_LE(test::total(test::command_counts(admin())), 3 + 10);
}

TEST_F(MaintenanceTest, LeavesRunsThatAreNotLate) {
  abandon("j1", "j1:e1");
  ask("ZADD", "rq:wip:q", 1011, "j1:e1");

  EXPECT_THAT(take().runs, IsEmpty());

  EXPECT_EQ(status("j1"), "started");
}

TEST_F(MaintenanceTest, LeavesLateRunsToTheirLivingWorker) {
  connection.run(birth({.name = "w", .queues = {"q"}}, {.worker = "w"}, {}, {}));
  const Execution run = start(job("j1"));
  ask("ZADD", "rq:wip:q", 1, "j1:e1");
  abandon("j2", "j2:e2");

  const Abandoned taken = take();

  ASSERT_THAT(taken.runs, SizeIs(1));
  EXPECT_EQ(taken.runs[0].run.job_id, "j2");
  EXPECT_EQ(taken.runs_left, 1);
  EXPECT_TRUE(succeed(job("j1"), run).held);
}

TEST_F(MaintenanceTest, TakesManyRunsInSlices) {
  for (int i = 0; i < 5; ++i) {
    const std::string id = "j" + std::to_string(i);
    abandon(id, id + ":e");
  }

  EXPECT_TRUE(take(3).more);
  const Abandoned rest = take(3);

  EXPECT_THAT(rest.runs, SizeIs(2));
  EXPECT_FALSE(rest.more);
}

TEST_F(MaintenanceTest, DropsRunsOfJobsThatAreGoneOrHaveEnded) {
  abandon("j1", "j1:e1");
  ask("HSET", "rq:job:j1", "status", "finished");
  ask("ZADD", "rq:wip:q", 1, "gone:e1", 1, "bare");

  EXPECT_THAT(take().runs, IsEmpty());

  EXPECT_FALSE(exists("rq:wip:q"));
  EXPECT_EQ(status("j1"), "finished");
}

TEST_F(MaintenanceTest, QueuesWhatWaitsForAJobThatWasDeleted) {
  enqueue(job("parent"));
  JobRecord child = job("child");
  child.status = Status::deferred;
  child.dependency_ids = {"parent"};
  enqueue(child);
  connection.run(redis::Batch{}.add("DEL", "rq:job:parent"));
  connection.run(redis::Batch{}.add("LPOP", "rq:queue:q"));

  const Page page = read_page(connection.run(deferred_page("q", "0")).at(0));
  connection.run(look_again(page.names, kNow));

  EXPECT_THAT(page.names, ElementsAre("child"));
  EXPECT_EQ(page.cursor, "0");
  EXPECT_EQ(status("child"), "queued");
}

TEST_F(MaintenanceTest, PoisonDoesNotStopIt) {
  ask("SET", "rq:job:text", "no hash");
  ask("ZADD", "rq:wip:q", 1, "text:e1", 2, ":", 3, "a:b:c");
  abandon("j1", "j1:e1");
  ask("DEL", "rq:executions:j1");
  ask("SET", "rq:executions:j1", "no zset");
  ask("SET", "rq:queue:q:intermediate", "no list");

  const Abandoned taken = take();

  ASSERT_THAT(taken.runs, SizeIs(1));
  EXPECT_EQ(taken.runs[0].run.job_id, "j1");
  EXPECT_THAT(runs_of("heir"), ElementsAre("j1:x1"));
}

class StuckJob : public MaintenanceTest {
 protected:
  StuckJob() {
    enqueue(job("j1"));
    ask("LMOVE", "rq:queue:q", kList, "LEFT", "RIGHT");
  }
  const std::string kList = "rq:queue:q:intermediate";
};

TEST_F(StuckJob, IsTakenAMinuteAfterItWasFirstSeen) {
  EXPECT_THAT(take(32, 0, 0, kNow).stuck, IsEmpty());
  EXPECT_EQ(ttl(kList + ":first_seen:j1"), 86400);
  EXPECT_THAT(take(32, 0, 0, kNow + 59s).stuck, IsEmpty());

  const Abandoned taken = take(32, 0, 0, kNow + 61s);

  ASSERT_THAT(taken.stuck, SizeIs(1));
  EXPECT_EQ(taken.stuck[0].run.job_id, "j1");
  EXPECT_FALSE(exists(kList));
  EXPECT_FALSE(exists(kList + ":first_seen:j1"));
  EXPECT_TRUE(fail(job("j1"), taken.stuck[0].run).held);
}

TEST_F(StuckJob, IsNotOneThatRuns) {
  ask("SET", kList + ":first_seen:j1", 1);
  ask("ZADD", "rq:executions:j1", 5000, "e1");
  EXPECT_THAT(take().stuck, IsEmpty());
  ask("DEL", "rq:executions:j1");
  ask("ZADD", "rq:wip:q", 5000, "j1");  // as RQ 1 writes it

  const Abandoned taken = take();

  EXPECT_THAT(taken.stuck, IsEmpty());
  EXPECT_EQ(taken.ids_left, 1);
}

TEST_F(StuckJob, IsNotOneThatWasQueuedAgainSinceItWasFirstSeen) {
  ask("SET", kList + ":first_seen:j1", 1);
  ask("HSET", "rq:job:j1", "enqueued_at", kNowIso);

  EXPECT_THAT(take(32, 0, 0, kNow + 59s).stuck, IsEmpty());
  EXPECT_THAT(take(32, 0, 0, kNow + 61s).stuck, SizeIs(1));
}

TEST_F(StuckJob, WhoseWorkerDiedLaterIsTakenOnce) {
  ask("SET", kList + ":first_seen:j1", 1);
  ask("ZADD", "rq:wip:q", 1, "j1:e1");

  const Abandoned taken = take();

  EXPECT_THAT(taken.runs, SizeIs(1));
  EXPECT_THAT(taken.stuck, IsEmpty());
  EXPECT_FALSE(exists(kList));
}

TEST_F(StuckJob, ThatIsGoneOrHasEndedLeavesTheList) {
  ask("HSET", "rq:job:j1", "status", "canceled");
  ask("RPUSH", kList, "gone");

  EXPECT_THAT(take().stuck, IsEmpty());

  EXPECT_FALSE(exists(kList));
  EXPECT_EQ(status("j1"), "canceled");
}

TEST_F(MaintenanceTest, ForgetsWorkersWhoseHashesHaveExpired) {
  ask("HSET", "rq:worker:alive", "birth", kNowIso);
  for (const char* set : {"rq:workers", "rq:workers:q"}) {
    ask("SADD", set, "rq:worker:alive", "rq:worker:dead");
  }
  ask("SADD", "rq:workers", "rq:worker:lonely");

  EXPECT_EQ(page_of_workers("q"), "0");
  for (const char* set : {"rq:workers", "rq:workers:q"}) {
    EXPECT_EQ(ask("SISMEMBER", set, "rq:worker:dead").number, 0);
    EXPECT_EQ(ask("SISMEMBER", set, "rq:worker:alive").number, 1);
  }
  page_of_workers("");
  EXPECT_EQ(ask("SCARD", "rq:workers").number, 1);
}

TEST_F(MaintenanceTest, LooksThroughAThousandWorkersByPages) {
  for (int i = 0; i < 1000; ++i) ask("SADD", "rq:workers", "rq:worker:w" + std::to_string(i));
  page_of_workers("");
  test::reset_counts(admin());

  std::string cursor = "0";
  int pages = 0;
  do {
    cursor = page_of_workers("", cursor);
    pages += 1;
  } while (cursor != "0");

  EXPECT_GE(pages, 2);
  EXPECT_EQ(test::command_counts(admin()).contains("smembers"), false);
  EXPECT_FALSE(exists("rq:workers"));
}

TEST_F(MaintenanceTest, ForgetsJobsOfAGroupThatAreGoneAndThenTheGroup) {
  enqueue(job("j1"));
  ask("SADD", "rq:group:g", "j1", "gone");
  ask("SADD", "rq:groups", "g", "empty");

  const Page page = read_page(connection.run(groups_page("0")).at(0));
  EXPECT_THAT(page.names, ::testing::UnorderedElementsAre("g", "empty"));
  EXPECT_EQ(page.cursor, "0");
  EXPECT_EQ(page_of_group(), "0");
  EXPECT_THAT(read_ids(ask("SMEMBERS", "rq:group:g")), ElementsAre("j1"));
  ask("DEL", "rq:job:j1");
  page_of_group();

  EXPECT_FALSE(exists("rq:group:g"));
  EXPECT_THAT(read_ids(ask("SMEMBERS", "rq:groups")), ElementsAre("empty"));
}

}  // namespace
}  // namespace rqpp::protocol
