#include "redis/script.h"

#include <gtest/gtest.h>

namespace rqpp::redis {
namespace {

TEST(Script, IsKnownByTheSha1OfItsText) {
  EXPECT_EQ(Script("empty", "").sha(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(Script("one", "return 1").sha(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

TEST(Script, KeepsNameAndText) {
  const Script script("claim", "return redis.call('PING')");

  EXPECT_EQ(script.name(), "claim");
  EXPECT_EQ(script.text(), "return redis.call('PING')");
}

}  // namespace
}  // namespace rqpp::redis
