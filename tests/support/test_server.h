#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "redis/connection.h"
#include "sandbox/ephemeral_server.h"

namespace rqpp::test {

/// The redis-server of this test program, started at its first use, on a Unix socket and TCP.
/// RQPP_TEST_RIGHTS names roles ("scheduler cron"): its default user then has the rights that
/// `rqpp doctor --acl` prints for them and no others.
sandbox::EphemeralServer& server();

/// As a user with every right, whatever RQPP_TEST_RIGHTS says: for what tests prepare and assert.
redis::Settings admin_settings();

/// Tests with an empty Redis.
class RedisTest : public ::testing::Test {
 protected:
  RedisTest() : RedisTest(admin_settings()) {}
  /// For tests whose subject runs over `connection`.
  explicit RedisTest(const redis::Settings& settings);

  /// Has every right.
  redis::Connection& admin() { return admin_ ? *admin_ : connection; }

  /// Sends one command as a user with every right and returns its reply; a refusal throws
  /// CommandError.
  template <class... Args>
  redis::Reply ask(std::string_view name, const Args&... args) {
    redis::Batch batch;
    batch.add(name, args...);
    return admin().run(batch).at(0);
  }

  /// Publishes a command to a worker as soon as it listens; one that has just begun may not yet.
  void tell_worker(const std::string& name, std::string_view command) {
    while (ask("PUBLISH", "rq:pubsub:" + name, command).number == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }

  redis::Connection connection;

 private:
  std::optional<redis::Connection> admin_{};  // unless `connection` has every right
};

}  // namespace rqpp::test
