#include "redis/budget.h"

#include <gtest/gtest.h>

namespace rqpp::redis {
namespace {

using namespace std::chrono_literals;

constexpr Budget::TimePoint kNow{1'000s};

TEST(Budget, SpreadsElementsOverTime) {
  Budget budget(1'000);
  EXPECT_LE(budget.next(), kNow);

  Budget::TimePoint now = kNow;
  for (int page = 0; page < 100; ++page) {
    budget.spend(100, now);
    now = std::max(now, budget.next());
  }

  EXPECT_NEAR(std::chrono::duration<double>(now - kNow).count(), 10.0, 0.1);
}

TEST(Budget, DoesNotSaveUp) {
  Budget budget(1'000);
  budget.spend(100, kNow);

  budget.spend(100, kNow + 1h);

  EXPECT_GT(budget.next(), kNow + 1h);
}

TEST(Budget, MayBeUnlimited) {
  Budget budget(0);
  budget.spend(1'000'000'000, kNow);

  EXPECT_LE(budget.next(), kNow);
}

}  // namespace
}  // namespace rqpp::redis
