#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/program.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using ::testing::HasSubstr;

class CliEmpty : public RedisTest {
 protected:
  static Ended empty(std::vector<std::string> words) {
    words.insert(words.begin(), "empty");
    return rqpp(std::move(words), {.environment = {{"RQ_REDIS_URL", server().url()}}});
  }
  void fill(const std::string& name, std::size_t count) {
    queue.sibling(name).enqueue_many(std::vector<Call>(count, {.function = "m.f"}));
  }
  std::int64_t keys() { return ask("DBSIZE").number; }

  Queue queue{"default", {.url = server().url()}};
};

TEST_F(CliEmpty, RemovesTheJobsOfTheQueuesNamed) {
  fill("high", 250);
  fill("low", 1);
  fill("kept", 2);

  const Ended ended = empty({"high", "low", "none"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out,
            "250 jobs removed from high queue\n"
            "1 jobs removed from low queue\n"
            "0 jobs removed from none queue\n");
  EXPECT_EQ(keys(), 2 + 1 + 1);  // two jobs, their queue, the set of queues
}

TEST_F(CliEmpty, EmptiesAllQueues) {
  fill("a", 3);
  fill("b", 4);

  const Ended ended = empty({"--all"});

  EXPECT_EQ(ended.out, "3 jobs removed from a queue\n4 jobs removed from b queue\n");
  EXPECT_EQ(keys(), 1);
}

TEST_F(CliEmpty, SaysThatThereIsNothingToDo) {
  EXPECT_EQ(empty({}).out, "Nothing to do\n");
  EXPECT_EQ(empty({"-a"}).out, "Nothing to do\n");
  EXPECT_EQ(empty({}).exit_code, 0);
}

TEST_F(CliEmpty, ChecksAllNamesFirst) {
  fill("a", 1);

  const Ended ended = empty({"a", "b,c"});

  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("'b,c'"));
  EXPECT_EQ(ask("LLEN", "rq:queue:a").number, 1);
}

}  // namespace
}  // namespace rqpp::test
