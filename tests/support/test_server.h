#pragma once

#include <gtest/gtest.h>

#include "redis/connection.h"
#include "sandbox/ephemeral_server.h"

namespace rqpp::test {

/// The redis-server of this test program, started at its first use. It listens on a Unix socket and
/// on TCP, and takes DEBUG commands.
sandbox::EphemeralServer& server();

/// Tests with an empty Redis.
class RedisTest : public ::testing::Test {
 protected:
  RedisTest();

  /// Sends one command over `connection` and returns its reply; a refusal throws CommandError.
  template <class... Args>
  redis::Reply ask(std::string_view name, const Args&... args) {
    redis::Batch batch;
    batch.add(name, args...);
    return connection.run(batch).at(0);
  }

  redis::Connection connection;
};

}  // namespace rqpp::test
