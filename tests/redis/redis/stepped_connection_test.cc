#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <string>
#include <vector>

#include "redis/connection.h"
#include "rqpp/error.h"
#include "support/cutting_proxy.h"
#include "support/test_server.h"

namespace rqpp::redis {
namespace {

using namespace std::chrono_literals;
using test::CuttingProxy;
using testing::ElementsAre;
using testing::HasSubstr;

const Script kAppendOne{"append", "return redis.call('RPUSH', KEYS[1], ARGV[1])",
                        "b9705020f551c492b7692cdba607bbdb64837972"};

Batch incr(const std::string& key) { return std::move(Batch().add("INCR", key)); }

/// A connection in a loop around poll(2), as a worker has it.
class SteppedConnectionTest : public test::RedisTest {
 protected:
  /// One turn of the loop: waits at most until the deadline, steps, and takes the replies.
  void turn() {
    pollfd set{stepped.fd(), stepped.events(), 0};
    ASSERT_GE(::poll(&set, 1, 1000), 0);
    stepped.step(set.revents);
    take();
  }
  void take() {
    while (auto batch = stepped.next_reply()) replies.push_back(std::move(*batch));
  }
  void connect() {
    stepped.start();
    while (!stepped.ready()) ASSERT_NO_FATAL_FAILURE(turn());
  }
  void finish() {
    stepped.flush();
    while (stepped.in_flight() > 0) ASSERT_NO_FATAL_FAILURE(turn());
  }

  Connection stepped{test::server().settings()};
  std::vector<std::vector<Reply>> replies;
};

TEST_F(SteppedConnectionTest, ConnectsSendsAndReceives) {
  connect();

  stepped.send(std::move(incr("n").add("INCR", "n")));
  stepped.send(incr("n"));
  finish();

  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].at(1).number, 2);
  EXPECT_EQ(replies[1].at(0).number, 3);
}

TEST_F(SteppedConnectionTest, ConnectsByTcpWithGreeting) {
  Settings settings = test::server().tcp_settings();
  settings.host = "localhost";
  settings.db = 3;
  settings.client_name = "stepped";
  stepped = Connection(settings);
  connect();

  stepped.send(std::move(Batch().add("CLIENT", "GETNAME")));
  finish();

  EXPECT_EQ(replies.at(0).at(0).text, "stepped");
}

TEST_F(SteppedConnectionTest, HoldsBackWhatIsSentBeforeItIsReady) {
  stepped.start();
  stepped.send(incr("n"));
  EXPECT_TRUE(stepped.open());

  while (stepped.in_flight() > 0) turn();

  EXPECT_EQ(replies.at(0).at(0).number, 1);
}

TEST_F(SteppedConnectionTest, LeavesOnAStepWhenNobodyFlushes) {
  connect();

  stepped.send(incr("n"));
  EXPECT_NE(stepped.events() & POLLOUT, 0);
  while (stepped.in_flight() > 0) turn();

  EXPECT_EQ(replies.at(0).at(0).number, 1);
  EXPECT_EQ(stepped.events(), POLLIN);
}

TEST_F(SteppedConnectionTest, WritesAllBatchesOfAWakeUpAtOnce) {
  connect();
  for (int i = 0; i < 100; ++i) stepped.send(incr("n"));
  finish();

  ASSERT_EQ(replies.size(), 100U);
  EXPECT_EQ(replies.back().at(0).number, 100);
}

TEST_F(SteppedConnectionTest, KeepsThousandsOfBatchesInFlight) {
  connect();
  const std::string value(100, 'x');

  for (int i = 0; i < 5000; ++i) {
    stepped.send(std::move(Batch().add("SET", "k", value).add("INCR", "n").atomic()));
  }
  finish();

  ASSERT_EQ(replies.size(), 5000U);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    ASSERT_EQ(replies[i].at(1).number, static_cast<std::int64_t>(i) + 1);
  }
}

TEST_F(SteppedConnectionTest, WritesOnWhenTheSocketIsFull) {
  connect();
  const std::string value(std::size_t{20} << 20, 'y');

  stepped.send(std::move(Batch().add("SET", "k", value).add("GET", "k")));
  stepped.flush();
  EXPECT_NE(stepped.events() & POLLOUT, 0) << "20 MB went in one write?";
  finish();

  EXPECT_EQ(replies.at(0).at(1).text.size(), value.size());
}

TEST_F(SteppedConnectionTest, SendsAForgottenScriptAgain) {
  connect();
  stepped.send(std::move(Batch().call(kAppendOne, {"list"}, {"1"})));
  finish();
  ask("SCRIPT", "FLUSH");

  stepped.send(std::move(incr("n").call(kAppendOne, {"list"}, {"2"})));
  stepped.send(incr("n"));
  finish();

  ASSERT_EQ(replies.size(), 3U);
  EXPECT_EQ(replies[1].at(1).number, 2);
  EXPECT_EQ(replies[2].at(0).number, 2);
}

TEST_F(SteppedConnectionTest, ReportsThatNobodyListensAtOnce) {
  stepped = Connection(Settings{.unix_path = "/nowhere/redis.sock"});

  EXPECT_THROW(stepped.start(), ConnectionError);
  EXPECT_FALSE(stepped.open());
  EXPECT_EQ(stepped.fd(), -1);
  EXPECT_THROW(stepped.send(incr("n")), ConnectionError);
}

TEST_F(SteppedConnectionTest, ForgetsWhatWasInFlightWhenTheServerDies) {
  sandbox::EphemeralServer mortal;
  stepped = Connection(mortal.settings());
  connect();
  stepped.send(std::move(Batch().add("BLPOP", "none", 0)));
  stepped.flush();

  mortal.stop();

  EXPECT_THROW(
      {
        for (;;) turn();
      },
      ConnectionError);
  EXPECT_EQ(stepped.in_flight(), 0U);
  EXPECT_FALSE(stepped.open());
  EXPECT_TRUE(replies.empty());
}

TEST_F(SteppedConnectionTest, StartsAnewAfterAFailure) {
  CuttingProxy proxy(test::server().settings().unix_path);
  stepped = Connection(proxy.settings());
  connect();
  proxy.cut_after_received(2);
  stepped.send(incr("n"));
  EXPECT_THROW(finish(), ConnectionError);
  proxy.heal();

  connect();
  stepped.send(incr("n"));
  finish();

  EXPECT_EQ(replies.at(0).at(0).number, 2);
}

TEST_F(SteppedConnectionTest, DeliversRepliesThatCameBeforeTheEnd) {
  CuttingProxy proxy(test::server().settings().unix_path);
  stepped = Connection(proxy.settings());
  connect();
  proxy.cut_after_received(std::string(":1\r\n:2").size());
  stepped.send(incr("n"));
  stepped.send(incr("n"));

  EXPECT_THROW(finish(), ConnectionError);
  take();

  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].at(0).number, 1);
}

TEST_F(SteppedConnectionTest, HasADeadlineWhileItConnects) {
  CuttingProxy proxy(test::server().settings().unix_path);
  proxy.swallow_replies();
  Settings settings = proxy.settings();
  settings.connect_timeout = 5s;
  stepped = Connection(settings);
  const auto before = Connection::Clock::now();

  stepped.start();

  ASSERT_TRUE(stepped.deadline());
  EXPECT_GE(*stepped.deadline(), before + 5s);
  EXPECT_NO_THROW(stepped.check_deadline(*stepped.deadline() - 1ms));
  EXPECT_THROW(stepped.check_deadline(*stepped.deadline()), TimeoutError);
  EXPECT_FALSE(stepped.open());
}

TEST_F(SteppedConnectionTest, HasADeadlineOnlyWhileItAwaitsReplies) {
  connect();
  EXPECT_EQ(stepped.deadline(), std::nullopt);

  const auto before = Connection::Clock::now();
  stepped.send(std::move(Batch().add("BLPOP", "none", "0.05")), 700s);
  stepped.send(incr("n"), 0ms);
  ASSERT_TRUE(stepped.deadline());
  EXPECT_GE(*stepped.deadline(), before + 700s);
  EXPECT_LT(*stepped.deadline(), before + 701s);
  stepped.flush();
  while (stepped.in_flight() == 2) turn();
  if (stepped.in_flight() == 1) {
    EXPECT_EQ(stepped.deadline(), std::nullopt) << "0 is for ever";
  }
  finish();

  EXPECT_EQ(stepped.deadline(), std::nullopt);
}

TEST_F(SteppedConnectionTest, GivesUpAtTheDeadline) {
  connect();
  stepped.send(std::move(Batch().add("BLPOP", "none", 0)), 1s);
  stepped.flush();

  EXPECT_NO_THROW(stepped.check_deadline(*stepped.deadline() - 1ms));
  try {
    stepped.check_deadline(*stepped.deadline());
    FAIL() << "the deadline passed unnoticed";
  } catch (const TimeoutError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did not answer within 1 s."));
  }
  EXPECT_FALSE(stepped.open());
  EXPECT_EQ(stepped.in_flight(), 0U);
}

TEST_F(SteppedConnectionTest, DoesNothingWhenItIsClosed) {
  stepped.step(POLLIN);
  stepped.flush();

  EXPECT_EQ(stepped.events(), 0);
  EXPECT_EQ(stepped.fd(), -1);
  EXPECT_EQ(stepped.deadline(), std::nullopt);
  EXPECT_EQ(stepped.next_reply(), std::nullopt);
}

}  // namespace
}  // namespace rqpp::redis
