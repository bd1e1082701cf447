// Pauses that end by themselves, at a Redis that does not tell of it: it finds out what has expired
// when it comes by, which can take half a minute where many keys have a time to live.

#include <chrono>

#include <gtest/gtest.h>

#include "support/fleet_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;

class Pauses : public FleetTest {
 protected:
  void SetUp() override {
    FleetTest::SetUp();
    ask("DEBUG", "SET-ACTIVE-EXPIRE", "0");
  }
  void TearDown() override {
    ask("DEBUG", "SET-ACTIVE-EXPIRE", "1");
    FleetTest::TearDown();
  }
  /// Suspends a worker that has run a job.
  [[nodiscard]] bool suspend(const char* milliseconds) {
    start("w");
    enqueue("default", "horses.add", {1, 2}).wait(30s);
    ask("SET", "rq:suspended", "1", "PX", milliseconds);
    return becomes_true([&] { return ask("HGET", "rq:worker:w", "state").text == "suspended"; });
  }
  bool ends_soon(const AnyJob& job) { return becomes(job, Status::finished, 15s); }
};

TEST_F(Pauses, OfAllWorkersEndInTime) {
  ASSERT_TRUE(suspend("3000"));
  const AnyJob job = enqueue("default", "horses.add", {1, 2});

  EXPECT_TRUE(ends_soon(job));
}

TEST_F(Pauses, OfAQueueEndInTime) {
  start("w");
  ask("SET", "rqpp:paused:default", "1", "PX", "3000");
  const AnyJob job = enqueue("default", "horses.add", {1, 2});

  EXPECT_TRUE(ends_soon(job));
}

TEST_F(Pauses, ThatAreLengthenedLastAsLongAsTheyAreToLast) {
  ASSERT_TRUE(suspend("2000"));
  ask("PEXPIRE", "rq:suspended", "5000");
  const auto begin = std::chrono::steady_clock::now();
  const AnyJob job = enqueue("default", "horses.add", {1, 2});

  EXPECT_TRUE(ends_soon(job));

  EXPECT_GE(std::chrono::steady_clock::now() - begin, 4s);
}

}  // namespace
}  // namespace rqpp::test
