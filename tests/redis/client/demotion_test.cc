// A failover behind an address that moves: the old master is a replica, and lives on.

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/ephemeral_server.h"
#include "scheduler/scheduler.h"
#include "support/temporary_folder.h"

#include <rqpp/buffered_producer.h>
#include <rqpp/error.h>
#include <rqpp/id_cache.h>
#include <rqpp/queue.h>

namespace rqpp {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Two servers, and a path by which one of them is reached.
class Demotion : public ::testing::Test {
 protected:
  void SetUp() override { lead_to(first_); }

  void lead_to(const sandbox::EphemeralServer& server) const {
    const fs::path fresh = folder_ / "fresh";
    fs::create_symlink(server.settings().unix_path, fresh);
    fs::rename(fresh, address());
  }
  /// The first one is a replica from now on, which nobody feeds, and the address leads to the
  /// second.
  void fail_over() {
    ask(first_, {"REPLICAOF", "127.0.0.1", "1"});
    lead_to(second_);
  }
  static redis::Reply ask(const sandbox::EphemeralServer& server,
                          const std::vector<std::string>& words) {
    return redis::Connection(server.settings()).run(redis::Batch{}.add_words(words)).at(0);
  }

  fs::path address() const { return folder_ / "redis.sock"; }
  std::string url() const { return "unix://" + address().string(); }
  redis::Settings settings() const { return {.unix_path = address().string()}; }

  test::TemporaryFolder folder_{};
  sandbox::EphemeralServer first_{};
  sandbox::EphemeralServer second_{};
};

TEST_F(Demotion, IsLeftByAConnection) {
  redis::Connection connection(settings());
  connection.run(redis::Batch{}.add("SET", "k", 1));

  fail_over();
  connection.run(redis::Batch{}.add("SET", "k", 2));

  EXPECT_EQ(ask(second_, {"GET", "k"}).text, "2");
  EXPECT_EQ(ask(first_, {"GET", "k"}).text, "1");
}

TEST_F(Demotion, IsLeftByATransaction) {
  redis::Connection connection(settings());
  connection.run(redis::Batch{}.add("SET", "k", 1));
  fail_over();

  connection.run(redis::Batch{}.add("SET", "a", 1).add("SET", "b", 2).atomic());

  EXPECT_EQ(ask(second_, {"MGET", "a", "b"}).elements.at(1).text, "2");
}

TEST_F(Demotion, IsSaidWhereTheAddressStillLeadsToIt) {
  redis::Connection connection(settings());
  connection.run(redis::Batch{}.add("SET", "k", 1));
  ask(first_, {"REPLICAOF", "127.0.0.1", "1"});

  EXPECT_THROW(connection.run(redis::Batch{}.add("SET", "k", 2)), CommandError);
  lead_to(second_);
  EXPECT_NO_THROW(connection.run(redis::Batch{}.add("SET", "k", 3)));
}

TEST_F(Demotion, IsLeftByProducers) {
  Queue queue("q", {.url = url()});
  queue.enqueue(Call{.function = "a.b"});
  BufferedProducer producer(queue, {.linger = 1h});
  producer.enqueue(Call{.function = "a.b"});
  producer.flush();

  fail_over();
  queue.enqueue(Call{.function = "a.b"});
  producer.enqueue(Call{.function = "a.b"});
  producer.flush();

  EXPECT_EQ(ask(second_, {"LLEN", "rq:queue:q"}).number, 2);
  EXPECT_EQ(ask(first_, {"LLEN", "rq:queue:q"}).number, 2);
}

TEST_F(Demotion, IsLeftByCopiesOfIds) {
  ask(first_, {"SADD", "ids", "old"});
  ask(second_, {"SADD", "ids", "new"});
  const auto cache = IdCache::of_set("ids", {.url = url(), .resync_interval = 100ms});
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!cache.contains("old") && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  ASSERT_TRUE(cache.contains("old"));

  fail_over();

  while (!cache.contains("new") && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_TRUE(cache.contains("new"));
}

TEST_F(Demotion, IsLeftByASchedule) {
  const base::Log log;
  const redis::Settings where = settings();
  scheduler::Scheduler scheduler({.queues = {"q"}, .renewal = 1s}, where, log);
  const auto turn_until = [&](const sandbox::EphemeralServer& server) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < until) {
      std::vector<pollfd> fds;
      scheduler.watch(fds);
      ::poll(fds.data(), fds.size(), 20);
      scheduler.step(fds, base::this_moment());
      if (ask(server, {"EXISTS", "rq:scheduler-lock:q"}).number == 1) return true;
    }
    return false;
  };
  ASSERT_TRUE(turn_until(first_));

  fail_over();

  EXPECT_TRUE(turn_until(second_));
}

}  // namespace
}  // namespace rqpp
