// From which queues a worker takes its jobs.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/program.h"
#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using ::testing::HasSubstr;

class QueueOrderTest : public WorkerTest {
 protected:
  void fill(const std::string& queue, int jobs) {
    const std::vector<Call> calls(static_cast<std::size_t>(jobs), {.function = "horses.pid"});
    queue_.sibling(queue).enqueue_many(calls);
  }
  std::int64_t left(const std::string& queue) { return queue_.sibling(queue).size(); }
};

TEST_F(QueueOrderTest, GoesRound) {
  for (const char* queue : {"a", "b", "c"}) fill(queue, 5);

  const Ended ended =
      burst({"a", "b", "c", "--dequeue-strategy", "round_robin", "--max-jobs", "6"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  for (const char* queue : {"a", "b", "c"}) EXPECT_EQ(left(queue), 3) << queue;
}

TEST_F(QueueOrderTest, ServesByWeight) {
  for (const char* queue : {"a", "b"}) fill(queue, 20);

  const Ended ended = burst({"a=3", "b", "--dequeue-strategy", "weighted", "--max-jobs", "12"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NEAR(static_cast<double>(left("a")), 20 - 9, 1);
  EXPECT_NEAR(static_cast<double>(left("b")), 20 - 3, 1);
}

TEST_F(QueueOrderTest, RefusesWhatIsNoStrategyOrWeight) {
  EXPECT_THAT(burst({"a", "--dequeue-strategy", "fair"}).err, HasSubstr("'fair' is not one of"));
  EXPECT_EQ(burst({"a=x", "--dequeue-strategy", "weighted"}).exit_code, 2);
  EXPECT_EQ(burst({"a=0", "--dequeue-strategy", "weighted"}).exit_code, 2);
}

TEST_F(QueueOrderTest, LeavesAPausedQueueAloneUntilItGoesOn) {
  ask("SET", "rqpp:paused:a", 1);
  fill("a", 2);
  fill("b", 2);

  EXPECT_EQ(burst({"a", "b"}).exit_code, 0);
  EXPECT_EQ(left("a"), 2);
  EXPECT_EQ(left("b"), 0);

  ask("DEL", "rqpp:paused:a");
  burst({"a", "b"});
  EXPECT_EQ(left("a"), 0);
}

TEST_F(QueueOrderTest, HearsOfAPauseWhileItWaits) {
  Program worker(words({"a", "b", "--name", "dobbin"}));
  const auto await = [](const auto& condition) {
    while (!condition()) ::usleep(1'000);
  };
  const auto clients = [this](const std::string& line) {
    return ask("INFO", "clients").text.find(line + "\r") != std::string::npos;
  };
  await([&] { return clients("blocked_clients:2") && clients("tracking_clients:1"); });

  ask("SET", "rqpp:paused:a", 1);
  await([&] { return clients("blocked_clients:1"); });
  fill("a", 1);
  fill("b", 1);
  await([&] { return left("b") == 0 && clients("blocked_clients:1"); });
  EXPECT_EQ(left("a"), 1);

  ask("DEL", "rqpp:paused:a");
  await([&] { return left("a") == 0 && clients("blocked_clients:2"); });
}

}  // namespace
}  // namespace rqpp::test
