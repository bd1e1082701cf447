// A job that does what it can against its worker harms itself alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "support/fleet_test.h"
#include "support/processes.h"
#include "support/sanitizers.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Vandals : public FleetTest {
 protected:
  AnyJob job(const std::string& task, Value::Items args = {}) const {
    return enqueue("default", "vandals." + task, std::move(args));
  }
  std::int64_t memory_of_worker() { return resident_bytes_of(worker("w").pid()); }
};

// ---- shared memory

TEST_F(Vandals, CannotSpoilTheLastWordsOfOthers) {
  start("w", {"--horses", "2"});
  const AnyJob crash = job("crash_behind", {path("gate")});
  ASSERT_TRUE(becomes(crash, Status::started));

  for (int i = 0; i < 3; ++i) EXPECT_GE(job("spoil_shared_memory").wait(30s).as_int(), 1);
  open("gate");

  ASSERT_TRUE(becomes(crash, Status::failed));
  EXPECT_THAT(crash.exc_info(), AllOf(HasSubstr("SIGSEGV"), HasSubstr("in harbour::sink")));
}

TEST_F(Vandals, CannotTakeSharedMemoryAway) {
  launch("w", {"--jobs-per-horse", "1000", "--quiet"});  // nobody reads its log meanwhile
  for (int round = 0; round < 5; ++round) {
    std::vector<Call> calls(100, {.function = "horses.pid"});
    calls.push_back({.function = "vandals.shorten_shared_memory"});
    calls.insert(calls.end(), 100, {.function = "horses.pid"});
    const auto jobs = queue("default").enqueue_many(calls);

    EXPECT_EQ(jobs[100].wait(30s), Value(0));
    queue("default").wait_all(jobs, 30s);
  }
  EXPECT_EQ(stop("w").exit_code, 0);
}

TEST_F(Vandals, KillThemselvesByNonsenseInSharedMemory) {
  start("w", {"--jobs-per-horse", "1000"});
  std::vector<Call> calls(100, {.function = "horses.pid"});
  calls.push_back({.function = "vandals.spoil_shared_memory"});
  calls.insert(calls.end(), 100, {.function = "horses.pid"});

  const auto jobs = queue("default").enqueue_many(calls);

  for (const auto& each : jobs) {
    ASSERT_TRUE(becomes_true([&] { return each.info().ended_at.has_value(); }));
  }
  EXPECT_EQ(enqueue("default", "horses.add", {1, 2}).wait(30s), Value(3));
  EXPECT_EQ(stop("w").exit_code, 0);
}

// ---- floods

class Flood : public Vandals {
 protected:
  /// Memory that a sanitizer keeps back after its release is none that the worker keeps.
  Flood() { ::setenv("ASAN_OPTIONS", "quarantine_size_mb=16", 1); }

  /// The worker neither grows nor keeps others waiting while Redis pauses.
  void expect_bounded(const AnyJob& flood) {
    ASSERT_TRUE(becomes(flood, Status::started));
    const std::int64_t before = memory_of_worker();
    ask("CLIENT", "PAUSE", 10'000, "WRITE");
    std::int64_t most = 0;
    const auto until = std::chrono::steady_clock::now() + 1s;
    while (std::chrono::steady_clock::now() < until) {
      most = std::max(most, memory_of_worker());
      std::this_thread::sleep_for(10ms);
    }
    ask("CLIENT", "UNPAUSE");
    EXPECT_LT(most - before, std::int64_t{64} << 20);
  }
};

TEST_F(Flood, OfMetaIsKeptByNobody) {
  start("w", {"--horses", "2"});
  const AnyJob flood = job("flood_meta", {100'000, path("gate")});

  expect_bounded(flood);
  open("gate");

  const Value count = flood.wait(60s);
  EXPECT_EQ(flood.meta(), Value::dict({{"ballast", "none"}, {"count", count}}));
}

TEST_F(Flood, OfCallsIsKeptByNobodyAndLosesNone) {
  start("w", {"--horses", "2"});
  const AnyJob flood = job("flood_calls", {10'000, path("gate")});

  expect_bounded(flood);
  open("gate");

  const Value count = flood.wait(60s);
  EXPECT_EQ(Value(ask("LLEN", "rq:queue:flooded").number), count);
}

TEST_F(Flood, OfMetaWhileRedisIsAwayIsKeptByNobody) {
  start("w", {"--horses", "2"});
  const AnyJob flood = job("flood_meta", {100'000, path("gate")});
  ASSERT_TRUE(becomes(flood, Status::started));
  const std::int64_t before = memory_of_worker();
  for (int i = 0; i < 20; ++i) {
    ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    EXPECT_LT(memory_of_worker() - before, std::int64_t{64} << 20);
    std::this_thread::sleep_for(20ms);
  }
  open("gate");

  const Value count = flood.wait(60s);
  EXPECT_EQ(flood.meta(), Value::dict({{"ballast", "none"}, {"count", count}}));
}

TEST_F(Flood, OfModulesKeepsNobodyWaiting) {
  start("w", {"--horses", "2"});
  const AnyJob flood = job("flood_modules", {200'000});

  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(enqueue("default", "horses.add", {i, 1}).wait(10s), Value(i + 1));
  }
  flood.wait(60s);
}

TEST_F(Flood, InOneFrameEndsItsJob) {
  start("w", {"--horses", "2"});
  enqueue("default", "horses.pid").wait(30s);
  const std::int64_t before = memory_of_worker();
  const AnyJob huge = job("send_huge_frame", {400});

  ASSERT_TRUE(becomes(huge, Status::failed));

  EXPECT_LT(memory_of_worker() - before, std::int64_t{200} << 20);
  EXPECT_THAT(huge.exc_info(), HasSubstr("a frame announces 419430400 bytes: 65 MiB is the most"));
  EXPECT_EQ(enqueue("default", "horses.add", {1, 2}).wait(30s), Value(3));
}

TEST_F(Flood, AsAResultFailsWithTheLimit) {
  start("w");

  const AnyJob huge = job("huge_result", {100});
  ASSERT_TRUE(becomes(huge, Status::failed));
  EXPECT_THAT(huge.exc_info(), HasSubstr("a worker takes no more than 67108864"));

  const AnyJob large = job("huge_result", {16});
  ASSERT_TRUE(becomes(large, Status::finished));
  EXPECT_EQ(large.result().value().as_bytes().size(), std::size_t{16} << 20);
}

}  // namespace
}  // namespace rqpp::test
