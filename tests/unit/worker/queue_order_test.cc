#include "worker/queue_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace rqpp::worker {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

/// The queues that serve one job after the other, as long as all have some.
std::vector<std::string> served(QueueOrder& order, int jobs) {
  std::vector<std::string> queues;
  for (int i = 0; i < jobs; ++i) {
    queues.push_back(order.next().front());
    order.served(queues.back());
  }
  return queues;
}

TEST(QueueOrder, IsTheOneGivenByDefault) {
  QueueOrder order(DequeueStrategy::ordered, {"a", "b"}, {}, 1);

  EXPECT_THAT(served(order, 3), ElementsAre("a", "a", "a"));
  EXPECT_THAT(order.next(), ElementsAre("a", "b"));
}

TEST(QueueOrder, GoesRoundBehindTheQueueThatWasServed) {
  QueueOrder order(DequeueStrategy::round_robin, {"a", "b", "c"}, {}, 1);

  EXPECT_THAT(served(order, 4), ElementsAre("a", "b", "c", "a"));
  order.served("c");  // b was empty
  EXPECT_THAT(order.next(), ElementsAre("a", "b", "c"));
}

TEST(QueueOrder, IsAnotherOneEachTimeAtRandom) {
  QueueOrder order(DequeueStrategy::random, {"a", "b", "c"}, {}, 1);
  std::set<std::vector<std::string>> seen;

  for (int i = 0; i < 100; ++i) seen.insert(order.next());

  EXPECT_THAT(seen, testing::SizeIs(6));
  EXPECT_THAT(order.next(), UnorderedElementsAre("a", "b", "c"));
}

TEST(QueueOrder, ServesByWeightAndEvenly) {
  QueueOrder order(DequeueStrategy::weighted, {"a", "b", "c"}, {5, 1, 1}, 1);

  EXPECT_THAT(served(order, 7), ElementsAre("a", "a", "b", "a", "c", "a", "a"));
}

TEST(QueueOrder, OfWeightsServesEveryQueueInProportion) {
  QueueOrder order(DequeueStrategy::weighted, {"a", "b", "c"}, {7, 2, 1}, 1);
  std::map<std::string, int> count;

  for (const std::string& queue : served(order, 1'000)) count[queue] += 1;

  EXPECT_EQ(count, (std::map<std::string, int>{{"a", 700}, {"b", 200}, {"c", 100}}));
}

TEST(QueueOrder, OfWeightsAsksTheOthersWhenTheFirstIsEmpty) {
  QueueOrder order(DequeueStrategy::weighted, {"a", "b"}, {9, 1}, 1);

  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(order.next(), ElementsAre("a", "b"));
    order.served("b");
  }
}

TEST(QueueOrder, OfWeightsLetsAQueueThatWasEmptyNotCatchUp) {
  QueueOrder order(DequeueStrategy::weighted, {"a", "b"}, {1, 1}, 1);
  for (int i = 0; i < 50; ++i) order.served("a");

  const auto now = served(order, 8);

  EXPECT_LE(std::count(now.begin(), now.end(), "b"), 6);
}

}  // namespace
}  // namespace rqpp::worker
