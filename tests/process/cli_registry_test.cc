#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/program.h"
#include "support/redis_state.h"
#include "support/test_server.h"

namespace rqpp::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class CliRegistry : public RedisTest {
 protected:
  static Ended registry(std::vector<std::string> words, bool terminal = false) {
    words.insert(words.begin(), "registry");
    return rqpp(std::move(words),
                {.environment = {{"RQ_REDIS_URL", server().url()}, {"TERM", "xterm"}},
                 .terminal = terminal});
  }
  void fail_many(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string id = "j" + std::to_string(i);
      ask("HSET", "rq:job:" + id, "data", "D", "origin", "q", "status", "failed", "description",
          "m.f()", "ended_at", "2026-01-01T00:00:00.000000Z");
      ask("ZADD", "rq:failed:q", 4102444800 + i, id);
    }
  }
  std::int64_t failed() { return ask("ZCARD", "rq:failed:q").number; }
};

TEST_F(CliRegistry, ListsAPage) {
  fail_many(3);

  const Ended ended = registry({"list", "failed", "--queue", "q", "--offset", "1", "--count", "1"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "j1  2026-01-01T00:00:00.000000Z  m.f()\n1 of 3 failed jobs of queue q\n");
}

TEST_F(CliRegistry, ListsAsJson) {
  fail_many(1);

  const auto json =
      nlohmann::json::parse(registry({"list", "failed", "--queue", "q", "--json"}).out);

  EXPECT_EQ(json.at("count"), 1);
  EXPECT_EQ(json.at("jobs").at(0).at("id"), "j0");
  EXPECT_EQ(json.at("jobs").at(0).at("worker"), nullptr);
}

TEST_F(CliRegistry, DeletesThoseNamed) {
  fail_many(2);

  EXPECT_EQ(registry({"delete", "failed", "--queue", "q", "j1"}).out, "1 jobs deleted\n");

  EXPECT_EQ(failed(), 1);
  const Ended ended = registry({"delete", "failed", "--queue", "q", "j1"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(ended.err, "rqpp: 1 are not among the failed jobs of queue 'q'\n");
}

TEST_F(CliRegistry, DeletesAllButSoManyAndShowsHowFar) {
  fail_many(250);

  const Ended ended = registry({"delete", "failed", "--queue", "q", "--keep", "30"}, true);

  EXPECT_THAT(ended.out,
              AllOf(HasSubstr("] 100/220"), HasSubstr("] 220/220"), HasSubstr("220 jobs deleted")));
  EXPECT_EQ(failed(), 30);
}

TEST_F(CliRegistry, DeletesWhatIsOld) {
  fail_many(2);
  ask("HSET", "rq:job:j0", "ended_at", "2100-01-01T00:00:00.000000Z");

  EXPECT_EQ(registry({"delete", "failed", "--queue", "q", "--older-than", "1h"}).exit_code, 0);

  EXPECT_EQ(ask("EXISTS", "rq:job:j0", "rq:job:j1").number, 1);
}

TEST_F(CliRegistry, RefusesWhatIsNotClear) {
  EXPECT_THAT(registry({"list", "lost", "--queue", "q"}).err,
              HasSubstr("there is no registry 'lost'"));
  EXPECT_EQ(registry({"delete", "failed", "--queue", "q"}).exit_code, 2);
  EXPECT_EQ(registry({"delete", "failed", "--queue", "q", "--all", "j1"}).exit_code, 2);
  EXPECT_EQ(registry({"delete", "started", "--queue", "q", "--all"}).exit_code, 2);
}

}  // namespace
}  // namespace rqpp::test
