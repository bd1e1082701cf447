// A Redis Cluster, which cannot hold RQ's keys: what it refuses leaves nothing behind.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "redis/connection.h"
#include "sandbox/ephemeral_server.h"
#include "support/redis_state.h"

#include <rqpp/buffered_producer.h>
#include <rqpp/error.h>
#include <rqpp/queue.h>

namespace rqpp {
namespace {

/// One node that has half of the slots: some keys are refused and others taken, as by each node of
/// a cluster.
class HalfACluster : public ::testing::Test {
 protected:
  HalfACluster() {
    ask({"CLUSTER", "ADDSLOTSRANGE", "0", "8191"});
    while (ask({"CLUSTER", "INFO"}).text.find("cluster_state:ok") == std::string::npos) {
    }
  }
  redis::Reply ask(const std::vector<std::string>& words) {
    return connection_.run(redis::Batch{}.add_words(words)).at(0);
  }
  std::string keys() { return test::dump_keys(connection_); }

  sandbox::EphemeralServer server_{
      {.tcp = true,
       .arguments = {"--cluster-enabled", "yes", "--cluster-require-full-coverage", "no",
                     "--cluster-port", std::to_string(20'000 + ::getpid() % 10'000)}}};
  redis::Connection connection_{server_.settings()};
  const Call call_{.function = "m.f"};
};

TEST_F(HalfACluster, TakesNothingOfAJobThatItRefuses) {
  for (int i = 0; i < 20; ++i) {
    Queue queue("q" + std::to_string(i), {.url = server_.url()});

    EXPECT_THROW(queue.enqueue(call_), CommandError);
    EXPECT_THROW(queue.enqueue(call_, {.job_id = "named"}), CommandError);
    EXPECT_THROW(queue.enqueue(call_, {.job_id = "one", .unique = true}), CommandError);
    EXPECT_THROW(queue.enqueue(call_, {.depends_on = std::string("parent")}), CommandError);
    EXPECT_THROW(queue.enqueue(call_, {.concurrency_limit = {.key = "k", .jobs = 1}}),
                 CommandError);
    EXPECT_THROW(queue.enqueue_in(std::chrono::seconds{60}, call_), CommandError);
    EXPECT_THROW(queue.enqueue_many(std::vector<Call>(3, call_)), CommandError);
    EXPECT_THROW(
        {
          BufferedProducer producer(queue);
          producer.enqueue(call_);
          try {
            producer.flush();
          } catch (const CommandError&) {
            producer.discard();
            throw;
          }
        },
        CommandError);
  }

  EXPECT_EQ(keys(), "\n");
}

}  // namespace
}  // namespace rqpp
