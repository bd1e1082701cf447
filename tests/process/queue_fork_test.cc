// A queue on both sides of a fork: neither process may speak on the other's connection.

#include <rqpp/buffered_producer.h>
#include <rqpp/queue.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "support/test_server.h"

namespace rqpp {
namespace {

using namespace std::chrono_literals;

class ForkedQueue : public test::RedisTest {
 protected:
  /// Runs `action` in a child process; true if it returned true there.
  template <class Action>
  static bool in_child(const Action& action) {
    const pid_t child = ::fork();
    if (child == 0) {
      bool good = false;
      try {
        good = action();
      } catch (const Error&) {
      }
      ::_exit(good ? 0 : 1);
    }
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  /// Clients that this server has had so far.
  std::string connections() {
    const std::string info = ask("INFO", "stats").text;
    const std::string name = "total_connections_received:";
    const std::size_t begin = info.find(name) + name.size();
    return info.substr(begin, info.find('\r', begin) - begin);
  }

  Queue queue{"q", {.url = test::server().url()}};
  const Call call{.function = "m.f"};
};

TEST_F(ForkedQueue, ConnectsAnewInTheChild) {
  queue.enqueue(call);
  const int before = std::stoi(connections());

  EXPECT_TRUE(in_child([this] {
    queue.enqueue(call);
    return queue.size() == 2;
  }));

  EXPECT_EQ(std::stoi(connections()), before + 1);
  queue.enqueue(call);
  EXPECT_EQ(queue.size(), 3);
  EXPECT_EQ(std::stoi(connections()), before + 1);
}

TEST_F(ForkedQueue, WaitsOnConnectionsOfItsOwnInTheChild) {
  const auto job = queue.enqueue(call);
  EXPECT_THROW(job.wait(1ms), TimeoutError);
  const int before = std::stoi(connections());

  EXPECT_TRUE(in_child([&] {
    try {
      job.wait(1ms);
    } catch (const TimeoutError&) {
      return true;
    }
    return false;
  }));

  EXPECT_EQ(std::stoi(connections()), before + 1);
  EXPECT_THROW(job.wait(1ms), TimeoutError);
  EXPECT_EQ(std::stoi(connections()), before + 1);
}

TEST_F(ForkedQueue, LeavesTheJobsOfABufferedProducerToTheParent) {
  BufferedProducer producer(queue, {.linger = std::chrono::hours{1}});
  producer.enqueue(call);

  EXPECT_TRUE(in_child([&] {
    bool refused = false;
    try {
      producer.flush();
    } catch (const Error&) {
      refused = true;
    }
    producer.~BufferedProducer();
    return refused && queue.size() == 0;
  }));

  producer.flush();
  EXPECT_EQ(queue.size(), 1);
}

}  // namespace
}  // namespace rqpp
