// `rqpp budget` measures on a Redis that is in use, and leaves it as it was.

#include <csignal>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "protocol/transitions.h"
#include "support/program.h"
#include "support/redis_state.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class CliBudget : public RedisTest {
 protected:
  CliBudget() {
    ask("FLUSHALL");
    Queue queue("default", {.url = server().url()});
    queue.enqueue(Call{.function = "m.f"}, {.ttl = 24h});
    queue.enqueue_in(24h, Call{.function = "m.f"});
    connection.run(protocol::birth({.name = "w1",
                                    .queues = {"default"},
                                    .state = "idle",
                                    .birth = base::now(),
                                    .last_heartbeat = base::now()},
                                   {.worker = "w1"}, {.ttl = 24h, .lease = 24h}, {}));
    in_database(15, {"SET", "somebody's", "key"});
  }
  ~CliBudget() override { ask("FLUSHALL"); }

  redis::Reply in_database(int db, const std::vector<std::string>& words) {
    redis::Batch batch;
    batch.add("SELECT", db);
    batch.add_words(words);
    batch.add("SELECT", 0);
    return connection.run(batch).at(1);
  }
  /// The keys of db 0, without what time does to them, and which other databases have any.
  std::string state() {
    std::string keys = dump_keys(connection);
    for (std::size_t at = 0; (at = keys.find(" (ttl ", at)) != std::string::npos;) {
      keys.erase(at, keys.find(')', at) - at + 1);
    }
    std::string keyspace = ask("INFO", "keyspace").text;
    for (std::size_t at = 0; (at = keyspace.find(",expires", at)) != std::string::npos;) {
      keyspace.erase(at, keyspace.find("\r", at) - at);
    }
    return keys + keyspace;
  }
  std::vector<std::string> words(std::vector<std::string> more) const {
    std::vector<std::string> all{"budget", "--url", server().url()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

TEST_F(CliBudget, MeasuresInAnEmptyDatabaseAndLeavesNoTrace) {
  const std::string before = state();

  const Ended ended = rqpp(words({"--rounds", "1", "--idle", "4", "--json"}));

  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(state(), before);
  const auto json = nlohmann::json::parse(ended.out);
  EXPECT_THAT(json["url"].get<std::string>(), HasSubstr("db=14"));
  ASSERT_GE(json["steps"].size(), 20U);
  for (const auto& step : json["steps"]) {
    SCOPED_TRACE(step.dump());
    EXPECT_GT(step["commands"].get<double>(), 0);
    // The rare heartbeat, a page more, a run that the machine makes so long that it is shown: the
    // budgets themselves are asserted where nothing else is.
    if (!step["at_most"].is_null()) {
      EXPECT_LE(step["commands"].get<double>(), 1.1 * step["at_most"].get<double>() + 10);
    }
  }
}

TEST_F(CliBudget, MeasuresUnderNamesOfItsOwnInADatabaseThatIsInUse) {
  const std::string before = state();

  const Ended ended = rqpp(words({"--here", "--rounds", "1", "--idle", "0"}));

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(state(), before);
  EXPECT_THAT(ended.out, AllOf(HasSubstr("enqueue a job      "), HasSubstr("read a result    ")));
}

TEST_F(CliBudget, LeavesNoTraceWhenItIsInterrupted) {
  const std::string before = state();
  Program budget(words({"--rounds", "1", "--idle", "0"}));
  budget.await_output("start and stop a worker");  // and now jobs run

  budget.signal(SIGINT);

  EXPECT_EQ(budget.wait().exit_code, 128 + SIGINT);
  EXPECT_EQ(state(), before);
}

TEST_F(CliBudget, SaysWhatToDoWhenNoDatabaseIsEmpty) {
  for (int db = 1; db <= 15; ++db) in_database(db, {"SET", "k", "v"});
  const std::string before = state();

  const Ended ended = rqpp(words({}));

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("there is no database from 15 to 1 that is empty"),
                               HasSubstr("--here")));
  EXPECT_EQ(state(), before);
}

TEST_F(CliBudget, LeavesTheDatabaseToAnotherBudget) {
  in_database(14, {"SET", "rqpp:budget", "of another one"});
  const std::string before = state();
  Program budget(words({"--rounds", "1", "--idle", "0"}));

  budget.await_output("db=13");

  budget.signal(SIGTERM);
  EXPECT_EQ(budget.wait().exit_code, 128 + SIGTERM);
  EXPECT_EQ(state(), before);
}

TEST_F(CliBudget, RefusesWhatMakesNoSense) {
  EXPECT_EQ(rqpp(words({"--rounds", "0"})).exit_code, 2);
  EXPECT_EQ(rqpp({"budget", "--url", "redis://localhost:1"}).exit_code, 1);
}

}  // namespace
}  // namespace rqpp::test
