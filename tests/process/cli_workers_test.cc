#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "redis/subscriber.h"
#include "support/program.h"
#include "support/redis_state.h"
#include "support/test_server.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CliWorkers : public RedisTest {
 protected:
  static ProgramOptions options() { return {.environment = {{"RQ_REDIS_URL", server().url()}}}; }
  static Ended workers(std::vector<std::string> words) {
    words.insert(words.begin(), "workers");
    return rqpp(std::move(words), options());
  }
  /// A worker as Redis knows it.
  void be_born(const std::string& name, const std::string& birth = "2026-01-01T00:00:00.000000Z") {
    ask("SADD", "rq:workers", "rq:worker:" + name);
    ask("HSET", "rq:worker:" + name, "queues", "default", "state", "idle", "birth", birth);
  }
  void run_job(const std::string& name, const std::string& job) {
    ask("SADD", "rq:worker:" + name + ":executions", job + ":e1");
  }
  void die(const std::string& name) {
    ask("HSET", "rq:worker:" + name, "death", "2026-01-01T00:00:01.000000Z");
  }
  void listen(const std::string& name) {
    ears.subscribe("rq:pubsub:" + name);
    ears.listen();
  }
  std::string next_message() {
    const auto message = ears.wait(30s);
    return message ? message->channel + " " + message->payload : std::string();
  }

  redis::Subscriber ears{server().settings()};
};

TEST_F(CliWorkers, AreListedAsInfoDoes) {
  be_born("w1");
  be_born("w2");

  const Ended list = workers({"list"});

  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_THAT(list.out, AllOf(HasSubstr("w1 (  0): idle default."), HasSubstr("2 workers,")));
  EXPECT_EQ(workers({}).out, list.out);
}

TEST_F(CliWorkers, AreChosenAllAtOnceOrByTheirHost) {
  be_born("w1");
  be_born("w2");
  ask("HSET", "rq:worker:w1", "hostname", "here");
  ask("HSET", "rq:worker:w2", "hostname", "there");
  ask("SADD", "rq:workers", "rq:worker:gone");  // its hash has expired
  listen("w1");
  listen("w2");

  const Ended one = workers({"stop", "--host", "there"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_EQ(one.out, "told worker 'w2' to end once it has finished what it runs\n");

  const Ended all = workers({"kill", "--all"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, AllOf(HasSubstr("'w1'"), HasSubstr("'w2'"), Not(HasSubstr("gone"))));

  Program drain({"workers", "drain", "--all"}, options());
  drain.await_output("waiting for worker 'w1': it runs nothing\n");
  die("w1");
  die("w2");
  const Ended drained = drain.wait();
  EXPECT_EQ(drained.exit_code, 0) << drained.err;
  EXPECT_THAT(drained.out, AllOf(HasSubstr("'w1' has ended"), HasSubstr("'w2' has ended")));

  const Ended none = workers({"drain", "--host", "nowhere"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("there is no worker on host 'nowhere'"));
  EXPECT_EQ(workers({"drain"}).exit_code, 2);
  EXPECT_EQ(workers({"drain", "w1", "--all"}).exit_code, 2);
  EXPECT_EQ(workers({"drain", "--host", "here", "--all"}).exit_code, 2);
}

TEST_F(CliWorkers, AreListedForPrograms) {
  be_born("w1");

  const auto told = nlohmann::json::parse(workers({"--json"}).out);

  EXPECT_EQ(told["workers"][0]["name"], "w1");
  EXPECT_EQ(told["workers"][0]["state"], "idle");
  EXPECT_FALSE(told.contains("queues"));
  EXPECT_EQ(nlohmann::json::parse(workers({"list", "--json"}).out), told);
}

TEST_F(CliWorkers, AreToldToStop) {
  be_born("w1");
  listen("w1");

  const Ended ended = workers({"stop", "w1"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "told worker 'w1' to end once it has finished what it runs\n");
  EXPECT_EQ(next_message(), R"(rq:pubsub:w1 {"command": "shutdown"})");
}

TEST_F(CliWorkers, AreToldToKillTheirJobs) {
  be_born("w1");
  be_born("w2");
  listen("w1");
  listen("w2");

  EXPECT_EQ(workers({"kill", "w1", "w2"}).exit_code, 0);

  EXPECT_EQ(next_message(), R"(rq:pubsub:w1 {"command": "kill-horse"})");
  EXPECT_EQ(next_message(), R"(rq:pubsub:w2 {"command": "kill-horse"})");
}

TEST_F(CliWorkers, AreToldWithOneCommandEach) {
  be_born("w1");
  listen("w1");
  reset_counts(connection);

  workers({"stop", "w1"});

  const auto cost = command_counts(connection);
  EXPECT_EQ(cost.at("publish"), 1);
  EXPECT_EQ(cost.count("hmget"), 0);
}

TEST_F(CliWorkers, AreNamedWhenTheyDoNotListen) {
  be_born("w1");
  be_born("worker-one");

  for (const char* command : {"stop", "kill", "drain"}) {
    const Ended ended = workers({command, "w1", "worker-onne"});

    EXPECT_EQ(ended.exit_code, 1) << command;
    EXPECT_EQ(ended.err,
              "rqpp: worker 'w1' does not listen: it has died or ended, or takes no commands\n"
              "rqpp: there is no worker 'worker-onne'. Did you mean 'worker-one'?\n")
        << command;
    EXPECT_THAT(ended.out, IsEmpty()) << command;
  }
}

TEST_F(CliWorkers, AreDrainedUntilTheyAreGone) {
  be_born("w1");
  run_job("w1", "j1");
  be_born("w2");
  listen("w1");
  listen("w2");
  Program drain({"workers", "drain", "w1", "w2"}, options());
  EXPECT_EQ(next_message(), R"(rq:pubsub:w1 {"command": "shutdown"})");
  EXPECT_EQ(next_message(), R"(rq:pubsub:w2 {"command": "shutdown"})");

  drain.await_output("waiting for worker 'w1': it runs job 'j1'\n");
  drain.await_output("waiting for worker 'w2': it runs nothing\n");
  die("w2");
  drain.await_output("worker 'w2' has ended\n");
  ask("DEL", "rq:worker:w1");

  const Ended ended = drain.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("worker 'w1' has ended\n"));
}

TEST_F(CliWorkers, AreGoneWhenTheirNameIsUsedAgain) {
  be_born("w1");
  listen("w1");
  Program drain({"workers", "drain", "w1"}, options());
  next_message();

  be_born("w1", "2026-02-02T00:00:00.000000Z");

  EXPECT_EQ(drain.wait().exit_code, 0);
}

TEST_F(CliWorkers, AreNotWaitedForLongerThanTold) {
  be_born("w1");
  listen("w1");

  const Ended ended = workers({"drain", "w1", "--timeout", "0"});

  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.err, "rqpp: not all workers have ended: 1 still to go\n");
}

TEST_F(CliWorkers, AreLookedAtWithTwoCommandsEachASecond) {
  be_born("w1");
  listen("w1");
  Program drain({"workers", "drain", "w1"}, options());
  drain.await_output("waiting for worker 'w1'");
  reset_counts(connection);
  const auto looks = [&] { return command_counts(connection)["hmget"]; };
  while (looks() == 0) {
  }

  const auto cost = command_counts(connection);
  EXPECT_EQ(cost.at("hmget"), cost.at("srandmember"));
  EXPECT_EQ(cost.count("hgetall") + cost.count("smembers") + cost.count("exists"), 0);
  die("w1");
  EXPECT_EQ(drain.wait().exit_code, 0);
}

}  // namespace
}  // namespace rqpp::test
