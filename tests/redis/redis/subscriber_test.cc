#include "redis/subscriber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <string>
#include <vector>

#include "rqpp/error.h"
#include "support/cutting_proxy.h"
#include "support/test_server.h"

namespace rqpp::redis {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class SubscriberTest : public test::RedisTest {
 protected:
  std::int64_t publish(const std::string& channel, const std::string& payload) {
    return ask("PUBLISH", channel, payload).number;
  }
  void turn(Subscriber& each) {
    pollfd set{each.fd(), each.events(), 0};
    ASSERT_GT(::poll(&set, 1, 5000), 0);
    each.step(set.revents);
  }

  Subscriber subscriber{test::server().settings()};
};

TEST_F(SubscriberTest, HearsWhatIsPublished) {
  subscriber.subscribe("news");
  subscriber.listen();

  publish("other", "x");
  publish("news", "one");
  publish("news", std::string("tw\0o", 4));

  EXPECT_EQ(subscriber.wait(5s), (Message{"news", "one"}));
  EXPECT_EQ(subscriber.wait(5s), (Message{"news", std::string("tw\0o", 4)}));
  EXPECT_EQ(subscriber.wait(1ms), std::nullopt);
}

TEST_F(SubscriberTest, ListensToSeveralChannels) {
  subscriber.subscribe("a");
  subscriber.subscribe("b");
  subscriber.listen();
  EXPECT_TRUE(subscriber.listening());

  EXPECT_EQ(publish("a", "1"), 1);
  EXPECT_EQ(publish("b", "2"), 1);

  EXPECT_EQ(subscriber.wait(5s), (Message{"a", "1"}));
  EXPECT_EQ(subscriber.wait(5s), (Message{"b", "2"}));
}

TEST_F(SubscriberTest, IsSteppedByALoop) {
  subscriber.start();
  subscriber.subscribe("news");
  while (!subscriber.listening()) ASSERT_NO_FATAL_FAILURE(turn(subscriber));
  EXPECT_EQ(subscriber.next_message(), std::nullopt);

  publish("news", "one");
  std::optional<Message> message;
  while (!(message = subscriber.next_message())) ASSERT_NO_FATAL_FAILURE(turn(subscriber));

  EXPECT_EQ(message, (Message{"news", "one"}));
}

TEST_F(SubscriberTest, StopsListening) {
  subscriber.subscribe("a");
  subscriber.subscribe("b");
  subscriber.listen();

  subscriber.unsubscribe("a");
  while (publish("a", "x") > 0) {
  }
  publish("b", "y");

  std::vector<std::string> channels;
  while (channels.empty() || channels.back() != "b") {
    channels.push_back(subscriber.wait(5s).value().channel);
  }
  EXPECT_EQ(publish("a", "x"), 0);
}

TEST_F(SubscriberTest, ListensToChannelsThatFitAPattern) {
  subscriber.subscribe_pattern("news:*");
  subscriber.listen();

  publish("other", "x");
  publish("news:1", "one");

  EXPECT_EQ(subscriber.wait(5s), (Message{"news:1", "one"}));
}

TEST_F(SubscriberTest, IsAnsweredBehindAllThatWasPublishedBefore) {
  subscriber.subscribe("news");
  subscriber.listen();
  publish("news", "one");
  subscriber.ping();
  publish("news", "two");

  EXPECT_EQ(subscriber.wait(5s), (Message{"news", "one"}));
  EXPECT_EQ(subscriber.wait(5s), (Message{"news", "two"}));
  EXPECT_EQ(subscriber.pongs(), 1U);
}

TEST_F(SubscriberTest, SubscribesAgainAfterTheConnectionBroke) {
  test::CuttingProxy proxy(test::server().settings().unix_path);
  Subscriber fragile(proxy.settings());
  fragile.subscribe("news");
  fragile.listen();
  proxy.cut_after_received(1);
  publish("news", "lost");
  EXPECT_THROW(fragile.wait(5s), ConnectionError);
  EXPECT_FALSE(fragile.open());
  proxy.heal();

  fragile.listen();
  publish("news", "heard");

  EXPECT_EQ(fragile.wait(5s), (Message{"news", "heard"}));
}

TEST_F(SubscriberTest, SaysThatAUserMayNotListen) {
  ask("ACL", "SETUSER", "deaf", "on", ">pw", "+@all", "resetchannels");
  Settings settings = test::server().settings();
  settings.username = "deaf";
  settings.password = "pw";
  Subscriber deaf(settings);
  deaf.subscribe("news");

  try {
    deaf.listen();
    FAIL() << "it may listen";
  } catch (const SubscriptionRefused& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("refused a subscription: NOPERM"));
  }
}

TEST_F(SubscriberTest, GivesUpOnAServerThatDoesNotAnswer) {
  test::CuttingProxy proxy(test::server().settings().unix_path);
  proxy.swallow_replies();
  Settings settings = proxy.settings();
  settings.connect_timeout = 50ms;
  Subscriber waiting(settings);
  waiting.subscribe("news");

  EXPECT_THROW(waiting.listen(), TimeoutError);
}

// ---- keys that change

class KeyWatcher : public SubscriberTest {
 protected:
  KeyWatcher() {
    subscriber.subscribe("news");
    subscriber.watch_keys("rq:sus");
  }
  bool hears_a_change() {
    const auto message = subscriber.wait(5s);
    return message && message->channel == Subscriber::kKeysChanged;
  }
};

TEST_F(KeyWatcher, HearsThatKeysWithItsPrefixChange) {
  subscriber.listen();
  EXPECT_TRUE(subscriber.watches_keys());

  ask("SET", "other", "1");
  ask("SET", "rq:suspended", "1");
  EXPECT_TRUE(hears_a_change());
  ask("DEL", "rq:suspended");
  EXPECT_TRUE(hears_a_change());
  publish("news", "the last");

  EXPECT_EQ(subscriber.wait(5s), (Message{"news", "the last"}));
}

TEST_F(KeyWatcher, HearsThatAKeyExpires) {
  ask("SET", "rq:suspended", "1", "PX", 50);
  subscriber.listen();

  EXPECT_TRUE(hears_a_change());
}

TEST_F(KeyWatcher, MayHearWhichKeysChange) {
  Subscriber naming(test::server().settings());
  naming.watch_each_key("rq:sus");
  naming.listen();

  ask("MSET", "rq:sus:1", "1", "other", "1");
  EXPECT_EQ(naming.wait(5s), (Message{Subscriber::kKeysChanged, "rq:sus:1"}));
  ask("FLUSHALL");
  EXPECT_EQ(naming.wait(5s), (Message{Subscriber::kKeysChanged, ""}));
}

TEST_F(KeyWatcher, WatchesAgainAfterAReconnect) {
  subscriber.listen();
  subscriber.close();
  subscriber.listen();

  ask("SET", "rq:suspended", "1");

  EXPECT_TRUE(hears_a_change());
}

TEST_F(KeyWatcher, GoesOnWithoutWhereItMayNotTrack) {
  ask("ACL", "SETUSER", "plain", "on", ">secret", "~*", "&*", "+@all", "-client|tracking");
  Settings settings = test::server().settings();
  settings.username = "plain";
  settings.password = "secret";
  Subscriber restricted(settings);
  restricted.subscribe("news");
  restricted.watch_keys("rq:sus");

  restricted.listen();
  publish("news", "one");

  EXPECT_FALSE(restricted.watches_keys());
  EXPECT_EQ(restricted.wait(5s), (Message{"news", "one"}));
  ask("ACL", "DELUSER", "plain");
}

}  // namespace
}  // namespace rqpp::redis
