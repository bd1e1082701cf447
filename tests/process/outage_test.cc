// Redis goes away in all the ways it can, and comes back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <string>

#include "support/fleet_test.h"
#include "support/processes.h"

#include <rqpp/error.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

/// A server of the test's own, which keeps its data and takes its time to load them.
class MortalServer {
 protected:
  sandbox::EphemeralServer mortal_{
      {.arguments = {"--appendonly", "yes", "--appendfsync", "always", "--key-load-delay", "500",
                     "--loading-process-events-interval-bytes", "1024", "--enable-debug-command",
                     "local"}}};
};

class Outages : private MortalServer, public FleetTest {
 protected:
  // By this timeout a server that stands still counts as lost.
  Outages() : FleetTest(mortal_.url() + "&socket_timeout=3"), control_(mortal_.settings()) {}

  /// One worker runs a job, another one has nothing to do.
  void SetUp() override {
    FleetTest::SetUp();
    start("busy", {"work"});
    job_ = enqueue_gated("work", "gate");
    ASSERT_TRUE(becomes_true([&] { return runs().size() == 1; }));
    start("idle", {"work", "rest"});
  }

  /// Redis is away, the job ends meanwhile, Redis is back: nothing may be lost or run twice.
  void survive(const std::function<void()>& leave, const std::function<void()>& come_back) {
    leave();
    for (const char* name : {"busy", "idle"}) {
      worker(name).await_error("Trying again until it is back");
    }
    open("gate");
    // Its outcome is in the worker's hands once its horse has gone.
    ASSERT_TRUE(becomes_true([&] { return is_over(runs().front().horse); }));
    come_back();
    for (const char* name : {"busy", "idle"}) worker(name).await_error("Redis is back after");

    EXPECT_TRUE(becomes(*job_, Status::finished));
    EXPECT_FALSE(enqueue("work", "horses.pid").wait(30s).is_null());
    EXPECT_FALSE(enqueue("rest", "horses.pid").wait(30s).is_null());
    EXPECT_THAT(runs(), SizeIs(1));
    for (const char* name : {"busy", "idle"}) {
      const Ended ended = stop(name);
      EXPECT_EQ(ended.exit_code, 0);
      EXPECT_EQ(count(ended.err, "Trying again until it is back"), 1) << ended.err;
      EXPECT_EQ(count(ended.err, "Redis is back after"), 1) << ended.err;
      EXPECT_THAT(ended.err, Not(HasSubstr("is lost")));
    }
  }
  static int count(const std::string& text, const std::string& what) {
    int found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
  }
  template <class... Args>
  redis::Reply tell(const Args&... args) {
    return control_.run(redis::Batch{}.add(args...)).at(0);
  }
  using MortalServer::mortal_;
  redis::Connection control_;
  std::optional<AnyJob> job_{};
};

TEST_F(Outages, OfAServerThatIsKilledAndStartedAgain) {
  survive([&] { mortal_.stop(); }, [&] { mortal_.start(); });
}

// Nobody may think that the others are dead.
TEST_F(Outages, LongerThanEveryLease) {
  survive(
      [&] {
        redis::Batch batch;
        for (const redis::Reply& name : tell("ZRANGE", "rqpp:leases", 0, -1).elements) {
          batch.add("ZADD", "rqpp:leases", 1, name.text);
        }
        batch.add("SHUTDOWN", "NOSAVE", "NOW");
        EXPECT_THROW(control_.run(batch),
                     ConnectionError);  // in one write: no worker comes between
        mortal_.stop();
      },
      [&] { mortal_.start(); });
}

TEST_F(Outages, OfAServerThatStandsStill) {
  survive([&] { ::kill(mortal_.pid(), SIGSTOP); }, [&] { ::kill(mortal_.pid(), SIGCONT); });
}

TEST_F(Outages, GoOnWhileTheServerLoadsItsData) {
  tell("DEBUG", "POPULATE", "4000");
  tell("BGREWRITEAOF");
  ASSERT_TRUE(becomes_true([&] {
    const std::string info = tell("INFO", "persistence").text;
    return info.find("aof_rewrite_in_progress:0") != std::string::npos &&
           info.find("aof_rewrite_scheduled:0") != std::string::npos;
  }));

  survive([&] { mortal_.stop(); }, [&] { mortal_.start(); });  // which returns when all is loaded
}

TEST_F(Outages, OfAnIdleFleetAreOver) {
  open("gate");
  ASSERT_TRUE(becomes(*job_, Status::finished));

  mortal_.stop();
  mortal_.start();

  for (const char* name : {"busy", "idle"}) worker(name).await_error("Redis is back after");
  EXPECT_FALSE(enqueue("rest", "horses.pid").wait(30s).is_null());
}

TEST_F(Outages, ByAnotherPassword) {
  survive(
      [&] {
        tell("CONFIG", "SET", "requirepass", "secret");
        tell("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        tell("CLIENT", "KILL", "TYPE", "pubsub");
      },
      [&] { tell("CONFIG", "SET", "requirepass", ""); });
}

TEST_F(Outages, OfMemory) {
  survive([&] { tell("CONFIG", "SET", "maxmemory", "1mb"); },
          [&] { tell("CONFIG", "SET", "maxmemory", "0"); });
}

TEST_F(Outages, ByAReplicaThatTakesNoWrites) {
  survive([&] { tell("REPLICAOF", "127.0.0.1", "1"); }, [&] { tell("REPLICAOF", "NO", "ONE"); });
}

// Only one worker cannot reach Redis; for the others it is dead.
TEST_F(Outages, OfOneWorkerCostItItsJob) {
  tell("ACL", "SETUSER", "cut", "on", ">secret", "~*", "&*", "+@all");
  redis::Settings settings = mortal_.settings();
  settings.username = "cut";
  settings.password = "secret";
  use_url("cut", redis::to_url(settings));
  start("cut", {"cut", "own"});
  const AnyJob lost = enqueue_gated("cut", "cut gate");
  ASSERT_TRUE(becomes_true([&] { return runs(lost.id()).size() == 1; }));
  start("heir", {"cut"});

  tell("ACL", "SETUSER", "cut", "off");
  tell("CLIENT", "KILL", "USER", "cut");
  worker("cut").await_error("Trying again until it is back");
  ASSERT_TRUE(becomes(lost, Status::failed, 20s));
  open("cut gate");
  tell("ACL", "SETUSER", "cut", "on");

  worker("cut").await_error("Redis is back after");
  worker("cut").await_error("its outcome is dropped");
  EXPECT_EQ(lost.status(), Status::failed);
  EXPECT_FALSE(enqueue("own", "horses.pid").wait(30s).is_null());
  EXPECT_TRUE(
      becomes_true([&] { return tell("SISMEMBER", "rq:workers", "rq:worker:cut").number == 1; }));
}

}  // namespace
}  // namespace rqpp::test
