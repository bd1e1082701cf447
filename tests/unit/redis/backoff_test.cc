#include "redis/backoff.h"

#include <gtest/gtest.h>

#include <climits>
#include <cmath>

namespace rqpp::redis {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToTheCap) {
  const Backoff backoff{.first = 100ms, .cap = 1s};
  const double most = std::nextafter(1.0, 0.0);

  EXPECT_EQ(backoff.wait(1, most), 100ms);
  EXPECT_EQ(backoff.wait(2, most), 200ms);
  EXPECT_EQ(backoff.wait(3, most), 400ms);
  EXPECT_EQ(backoff.wait(4, most), 800ms);
  EXPECT_EQ(backoff.wait(5, most), 1s);
}

TEST(Backoff, WaitsAtLeastHalf) {
  const Backoff backoff{.first = 100ms, .cap = 1s};

  EXPECT_EQ(backoff.wait(1, 0.0), 50ms);
  EXPECT_EQ(backoff.wait(1, 0.5), 75ms);
  EXPECT_EQ(backoff.wait(50, 0.0), 500ms);
}

TEST(Backoff, StaysBetweenHalfAndWholeOfAGrowingMost) {
  const Backoff backoff{.first = 7ms, .cap = 12'345ms};
  for (int attempt = 1; attempt < 200; ++attempt) {
    const milliseconds most = backoff.wait(attempt, 1.0);
    EXPECT_GE(backoff.wait(attempt + 1, 1.0), most);
    EXPECT_LE(most, backoff.cap);
    for (double random = 0; random < 1; random += 0.07) {
      const milliseconds wait = backoff.wait(attempt, random);
      EXPECT_GE(2 * wait, most - 1ms);
      EXPECT_LE(wait, most);
    }
  }
}

TEST(Backoff, TakesAnyNumber) {
  const Backoff backoff{};

  EXPECT_EQ(backoff.wait(0, 1.0), 100ms);
  EXPECT_EQ(backoff.wait(INT_MIN, 1.0), 100ms);
  EXPECT_EQ(backoff.wait(INT_MAX, 2.0), 10s);
  EXPECT_EQ(backoff.wait(INT_MAX, -1.0), 5s);
  EXPECT_EQ(backoff.wait(INT_MAX, std::nan("")), 10s);
}

}  // namespace
}  // namespace rqpp::redis
