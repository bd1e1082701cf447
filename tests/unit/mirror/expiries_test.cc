#include "mirror/expiries.h"

#include <gtest/gtest.h>

namespace rqpp::mirror {
namespace {

using namespace std::chrono_literals;

constexpr Expiries::TimePoint at(std::chrono::seconds time) { return Expiries::TimePoint{time}; }

TEST(Expiries, GivesTheFirstOnesFirstAndEachOnce) {
  Expiries expiries;
  expiries.set("b", at(2s));
  expiries.set("a", at(1s));
  expiries.set("c", at(9s));

  EXPECT_EQ(expiries.first(), at(1s));
  EXPECT_EQ(expiries.take(at(2s)), "a");
  EXPECT_EQ(expiries.take(at(2s)), "b");
  EXPECT_EQ(expiries.take(at(2s)), std::nullopt);
  EXPECT_EQ(expiries.size(), 1U);
}

TEST(Expiries, KnowsTheLastThatWasSaidOfAKey) {
  Expiries expiries;
  expiries.set("a", at(1s));
  expiries.set("b", at(2s));

  expiries.set("a", at(5s));
  expiries.set("b", std::nullopt);
  expiries.set("nobody", std::nullopt);

  EXPECT_EQ(expiries.first(), at(5s));
  EXPECT_EQ(expiries.take(at(5s)), "a");
  EXPECT_EQ(expiries.first(), Expiries::TimePoint::max());
  EXPECT_EQ(expiries.take(Expiries::TimePoint::max()), std::nullopt);
}

}  // namespace
}  // namespace rqpp::mirror
