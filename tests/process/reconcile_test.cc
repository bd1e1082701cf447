// What Redis says that a worker runs and what it runs are compared whenever they may differ:
// answers that were lost, a Redis that has gone back to an earlier state, and a name that is used
// again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "support/fleet_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// A server of the test's own, which saves its data when it is told to.
class SnapshotServer {
 protected:
  sandbox::EphemeralServer server_{{}};
};

class Reconciliation : private SnapshotServer, public FleetTest {
 protected:
  Reconciliation() : FleetTest(server_.url()), control_(server_.settings()) {}

  /// Nobody reads what the worker logs of so many jobs; a full pipe would stop it.
  void start_quiet(const std::string& name, std::vector<std::string> more) {
    more.emplace_back("--quiet");
    options_.errors = "/dev/null";
    launch(name, std::move(more));
    ASSERT_TRUE(
        becomes_true([&] { return tell("HGET", "rq:worker:" + name, "state").text == "idle"; }));
  }

  template <class... Args>
  redis::Reply tell(const Args&... args) {
    return control_.run(redis::Batch{}.add(args...)).at(0);
  }
  void go_back_to_the_snapshot() {
    server_.stop();
    server_.start();
    control_ = redis::Connection(server_.settings());
  }
  /// What Redis says that workers run.
  std::vector<std::string> held() {
    std::vector<std::string> members;
    for (const redis::Reply& key : tell("KEYS", "rqpp:runs:*").elements) {
      for (const redis::Reply& member : tell("ZRANGE", key.text, 0, -1).elements) {
        if (member.text.find(':') != std::string::npos) members.push_back(member.text);
      }
    }
    return members;
  }
  void cut_all_connections() { tell("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"); }

  using SnapshotServer::server_;
  redis::Connection control_;
};

// A claim whose answer is lost takes jobs all the same, a settle ends them.
TEST_F(Reconciliation, OfConnectionsThatAreCutAtFullSpeedLosesNoJobAndRunsNoneTwice) {
  constexpr int kJobs = 1'500;
  start_quiet("horse_each", {"a", "b"});
  start_quiet("recycled", {"b", "a", "--horses", "2", "--jobs-per-horse", "1000"});
  std::vector<AnyJob> jobs;
  for (const char* name : {"a", "b"}) {
    const Call call{.function = "records.run", .args = {path("runs"), 100}};
    for (const AnyJob& job : queue(name).enqueue_many(std::vector<Call>(kJobs / 2, call))) {
      jobs.push_back(job);
    }
  }
  const auto ended = [this] {
    return tell("ZCARD", "rq:finished:a").number + tell("ZCARD", "rq:finished:b").number +
           tell("ZCARD", "rq:failed:a").number + tell("ZCARD", "rq:failed:b").number;
  };

  int cuts = 0;
  for (std::int64_t seen = -1; ended() < kJobs; seen = ended()) {
    ASSERT_TRUE(becomes_true([&] { return ended() > seen; })) << ended() << " after " << cuts;
    cut_all_connections();
    ++cuts;
  }

  EXPECT_GT(cuts, 5);
  EXPECT_EQ(tell("ZCARD", "rq:failed:a").number + tell("ZCARD", "rq:failed:b").number, 0);
  std::map<std::string, int> counts;
  for (const Run& run : runs()) counts[run.job_id] += 1;
  EXPECT_THAT(counts, SizeIs(kJobs));
  for (const auto& [id, count] : counts) EXPECT_EQ(count, 1) << id;
  EXPECT_TRUE(becomes_true([&] { return held().empty(); }));
}

TEST_F(Reconciliation, OfAnOlderSnapshotLeavesNoRunInAWorkerThatDoesNotKnowIt) {
  start("w", {"work"});
  const AnyJob over = enqueue_gated("work", "over");
  ASSERT_TRUE(becomes(over, Status::started));
  const AnyJob waits = enqueue_gated("work", "waits");
  tell("SAVE");
  open("over");
  ASSERT_TRUE(becomes(over, Status::finished));
  ASSERT_TRUE(becomes_true([&] { return runs(waits.id()).size() == 1; }));

  go_back_to_the_snapshot();

  worker("w").await_error("Redis is back after");
  // It had begun as far as this Redis knows, and nobody will end it.
  EXPECT_TRUE(becomes(over, Status::failed, 10s));
  EXPECT_THAT(over.exc_info(), HasSubstr("AbandonedJobError"));
  // That run is none of this Redis; the job is still queued there.
  open("waits");
  EXPECT_TRUE(becomes(waits, Status::finished));
  EXPECT_TRUE(becomes_true([&] { return held().empty(); }));
  EXPECT_EQ(stop("w").exit_code, 0);
}

TEST_F(Reconciliation, OfAnEmptyRedisBearsTheWorkerAgain) {
  start("w", {"work"});

  tell("FLUSHALL");

  worker("w").await_error("was given up as lost");
  EXPECT_FALSE(enqueue("work", "horses.pid").wait(30s).is_null());
  EXPECT_TRUE(
      becomes_true([&] { return tell("SISMEMBER", "rq:workers", "rq:worker:w").number == 1; }));
}

// It stands still, is given up, and its name is used again: what it does when it wakes up, or what
// Redis does for its connections meanwhile, must not hurt anybody.
TEST_F(Reconciliation, OfAFrozenWorkerWhoseNameIsUsedAgainEndsIt) {
  Program& frozen = start("w", {"work"});
  EXPECT_FALSE(enqueue("work", "horses.pid").wait(30s).is_null());  // quick: its wait claims
  ASSERT_TRUE(becomes_true([&] { return tell("HGET", "rq:worker:w", "state").text == "idle"; }));
  frozen.signal(SIGSTOP);
  const std::string incarnation = tell("HGET", "rq:worker:w", "rqpp_worker").text;
  tell("ZADD", "rqpp:leases", 1, incarnation);  // instead of 10 s
  use_name("w again", "w");
  start("w again", {"work"});
  ASSERT_NE(tell("HGET", "rq:worker:w", "rqpp_worker").text, incarnation);

  // Redis serves the wait of the frozen one first.
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(enqueue("work", "horses.pid").wait(60s).is_null()) << i;
  }

  frozen.signal(SIGCONT);
  const Ended ended = frozen.wait();
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.err, HasSubstr("another process is the worker 'w' by now"));
  EXPECT_EQ(tell("SISMEMBER", "rq:workers", "rq:worker:w").number, 1);
  EXPECT_TRUE(tell("HGET", "rq:worker:w", "death").is_nil());
  EXPECT_FALSE(enqueue("work", "horses.pid").wait(30s).is_null());
}

}  // namespace
}  // namespace rqpp::test
