#include "redis/local_address.h"

#include <gtest/gtest.h>

namespace rqpp::redis {
namespace {

TEST(LocalAddress, IsTheOneThatReachesRedis) {
  EXPECT_EQ(local_address({.host = "127.0.0.1", .port = 1}), "127.0.0.1");
  EXPECT_EQ(local_address({.host = "127.0.0.3", .port = 1}).substr(0, 4), "127.");
  EXPECT_EQ(local_address({.unix_path = "/tmp/redis.sock"}), "/tmp/redis.sock:0");
  EXPECT_EQ(local_address({.host = "no such host"}), "unknown");
}

}  // namespace
}  // namespace rqpp::redis
