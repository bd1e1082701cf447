#include "client/redis_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "support/cutting_proxy.h"
#include "support/redis_state.h"
#include "support/test_server.h"

#include <rqpp/error.h>

namespace rqpp::client {
namespace {

using testing::SizeIs;

constexpr int kThreads = 8;
constexpr int kTimes = 300;

class RedisSessionTest : public test::RedisTest {
 protected:
  /// Runs it in each of kThreads threads. Throws what one of them threw.
  template <class Action>
  static void in_threads(const Action& action) {
    std::vector<std::future<void>> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.push_back(std::async(std::launch::async, [&action, t] { action(t); }));
    }
    for (auto& each : threads) each.get();
  }
  static std::string word(int thread, int time) {
    return std::to_string(thread) + "-" + std::to_string(time);
  }

  RedisSession session{[] { return test::server().settings(); }, Serializer::pickle};
};

TEST_F(RedisSessionTest, GivesEachThreadItsOwnReplies) {
  std::atomic<int> right{0};

  in_threads([&](int t) {
    for (int n = 0; n < kTimes; ++n) {
      redis::Batch batch;
      batch.add("ECHO", word(t, n)).add("ECHO", "and " + word(t, n));
      const auto replies = session.run(batch);
      if (replies.size() == 2 && replies[0].text == word(t, n) &&
          replies[1].text == "and " + word(t, n)) {
        ++right;
      }
    }
  });

  EXPECT_EQ(right, kThreads * kTimes);
}

TEST_F(RedisSessionTest, SendsTogetherWhatThreadsAskMeanwhile) {
  session.run(redis::Batch{}.add("PING"));
  const std::int64_t before = test::reads_of_redis(connection);

  // The first one waits for its answer, and the others for their turn.
  ask("CLIENT", "PAUSE", 1'000, "ALL");
  in_threads([&](int t) { session.run(redis::Batch{}.add("ECHO", word(t, 0))); });

  EXPECT_LT(test::reads_of_redis(connection) - before, kThreads);
}

TEST_F(RedisSessionTest, AsksAtOnceForOneThreadAlone) {
  session.run(redis::Batch{}.add("PING"));
  const std::int64_t before = test::reads_of_redis(connection);

  for (int n = 0; n < 10; ++n) session.run(redis::Batch{}.add("ECHO", word(0, n)));

  EXPECT_LE(test::reads_of_redis(connection) - before, 11);
}

TEST_F(RedisSessionTest, LeavesARefusalToWhomItConcerns) {
  ask("SET", "text", "a");
  std::atomic<int> refused{0};
  std::atomic<int> answered{0};

  in_threads([&](int t) {
    for (int n = 0; n < kTimes; ++n) {
      try {
        if (t % 2 == 0) {
          session.run(redis::Batch{}.add("LPUSH", "text", "b"));
        } else if (session.run(redis::Batch{}.add("ECHO", word(t, n))).at(0).text == word(t, n)) {
          ++answered;
        }
      } catch (const CommandError&) {
        if (t % 2 == 0) ++refused;
      }
    }
  });

  EXPECT_EQ(refused, kThreads / 2 * kTimes);
  EXPECT_EQ(answered, kThreads / 2 * kTimes);
}

TEST_F(RedisSessionTest, TellsAllWhoseRepliesWereLost) {
  test::CuttingProxy proxy(test::server().settings().unix_path);
  RedisSession cut([&] { return proxy.settings(); }, Serializer::pickle);
  cut.run(redis::Batch{}.add("PING"));
  proxy.cut_after_received(2'000);
  std::atomic<int> lost{0};
  std::atomic<int> answered{0};

  in_threads([&](int) {
    for (int n = 0; n < kTimes; ++n) {
      try {
        cut.run(redis::Batch{}.add("INCR", "count"));
        ++answered;
      } catch (const ConnectionError&) {
        ++lost;
        proxy.heal();
      }
    }
  });

  EXPECT_EQ(lost + answered, kThreads * kTimes);
  EXPECT_GE(lost, 1);
  const int executed = std::stoi(ask("GET", "count").text);
  EXPECT_GE(executed, answered) << "what has a reply was executed";
  EXPECT_LE(executed, kThreads * kTimes) << "and nothing twice";
}

TEST_F(RedisSessionTest, SendsWhatIsLargeWithLittleElse) {
  std::atomic<int> right{0};
  const std::string large(100'000, 'x');

  in_threads([&](int t) {
    for (int n = 0; n < 20; ++n) {
      const std::string text = t % 2 == 0 ? large + word(t, n) : word(t, n);
      if (session.run(redis::Batch{}.add("ECHO", text)).at(0).text == text) ++right;
    }
  });

  EXPECT_EQ(right, kThreads * 20);
}

TEST_F(RedisSessionTest, TellsEachThreadThatThereIsNoRedis) {
  RedisSession nowhere([]() -> redis::Settings { return {.unix_path = "/nowhere/redis.sock"}; },
                       Serializer::pickle);
  std::atomic<int> told{0};

  in_threads([&](int) {
    try {
      nowhere.run(redis::Batch{}.add("PING"));
    } catch (const ConnectionError&) {
      ++told;
    }
  });

  EXPECT_EQ(told, kThreads);
}

}  // namespace
}  // namespace rqpp::client
