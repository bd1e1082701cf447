#include "worker/backlog.h"

#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

TEST(Backlog, LetsAHorseSpeakUntilItHasTooManyRequests) {
  Backlog backlog;
  for (std::size_t i = 1; i < Backlog::kMostRequests; ++i) backlog.add({.horse = 1, .bytes = 10});
  EXPECT_TRUE(backlog.may_read(1));

  backlog.add({.horse = 1, .bytes = 10});
  EXPECT_FALSE(backlog.may_read(1));
  EXPECT_TRUE(backlog.may_read(2));

  backlog.remove({.horse = 1, .bytes = 10});
  EXPECT_TRUE(backlog.may_read(1));
}

TEST(Backlog, LetsAHorseSpeakUntilItHasTooManyBytes) {
  Backlog backlog;
  backlog.add({.horse = 1, .bytes = Backlog::kMostBytes - 1});
  EXPECT_TRUE(backlog.may_read(1));

  backlog.add({.horse = 1, .bytes = 1});
  EXPECT_FALSE(backlog.may_read(1));
}

TEST(Backlog, OfAllHorsesStopsThoseWithAnyRequest) {
  Backlog backlog;
  for (int horse = 1; horse <= 64; ++horse) {
    backlog.add({.horse = horse, .bytes = Backlog::kMostBytesOfAll / 64});
  }
  backlog.add({.horse = 65, .bytes = 1});

  EXPECT_FALSE(backlog.may_read(65));
  EXPECT_TRUE(backlog.may_read(66));
  backlog.remove({.horse = 1, .bytes = Backlog::kMostBytesOfAll / 64});
  EXPECT_TRUE(backlog.may_read(65));
}

TEST(Backlog, ForgetsAHorseThatIsGoneWithItsLastRequest) {
  Backlog backlog;
  backlog.add({.horse = 1, .bytes = Backlog::kMostBytesOfAll});
  EXPECT_FALSE(backlog.may_read(1));

  backlog.remove({.horse = 1, .bytes = Backlog::kMostBytesOfAll});
  backlog.remove({.horse = 1, .bytes = Backlog::kMostBytesOfAll});  // never heard of

  backlog.add({.horse = 2, .bytes = 1});
  EXPECT_TRUE(backlog.may_read(2));
}

}  // namespace
}  // namespace rqpp::worker
