#include <csignal>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "protocol/transitions.h"
#include "support/program.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class CliInfo : public RedisTest {
 protected:
  CliInfo() {
    Queue queue("default", {.url = server().url()});
    for (int i = 0; i < 10; ++i) queue.enqueue(Call{.function = "m.f"});
    queue.sibling("mail").enqueue(Call{.function = "m.f"});
    connection.run(protocol::birth({.name = "w1",
                                    .queues = {"default"},
                                    .state = "idle",
                                    .hostname = "box",
                                    .ip_address = "10.0.0.1",
                                    .pid = 42,
                                    .birth = base::now(),
                                    .last_heartbeat = base::now()},
                                   {.worker = "w1"}, {.ttl = 420s}, {}));
  }

  ProgramOptions options() const { return {.environment = {{"RQ_REDIS_URL", server().url()}}}; }
  Ended info(std::vector<std::string> words) {
    words.insert(words.begin(), "info");
    return rqpp(std::move(words), options());
  }
  /// How many commands Redis has executed.
  long commands() {
    const std::string stats = ask("INFO", "stats").text;
    const std::string name = "total_commands_processed:";
    return std::stol(stats.substr(stats.find(name) + name.size()));
  }
};

TEST_F(CliInfo, ShowsQueuesAndWorkers) {
  const Ended ended = info({});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out,
              StartsWith("default      |██████████ 10, 0 executing, 0 finished, 0 failed\n"
                         "mail         |█ 1, 0 executing, 0 finished, 0 failed\n"
                         "2 queues, 11 jobs total\n"
                         "\n"
                         "w1 (box 10.0.0.1 42): idle default. jobs: 0 finished, 0 failed\n"
                         "1 workers, 2 queues\n"
                         "\n"
                         "Updated: "));
}

TEST_F(CliInfo, ShowsPartsOfIt) {
  EXPECT_EQ(info({"-r", "-Q"}).out,
            "queue default 10, 0 executing, 0 finished, 0 failed\n"
            "queue mail 1, 0 executing, 0 finished, 0 failed\n");
  EXPECT_EQ(info({"-r", "-W"}).out,
            "worker w1 (box 10.0.0.1 42) idle default. jobs: 0 finished, 0 failed\n");
  EXPECT_EQ(info({"-R", "-W"}).out,
            "default: w1 (idle)\n"
            "mail:    –\n"
            "1 workers, 2 queues\n");
}

TEST_F(CliInfo, LimitsItselfToQueues) {
  EXPECT_EQ(info({"-r", "mail", "nowhere"}).out,
            "queue mail 1, 0 executing, 0 finished, 0 failed\n"
            "queue nowhere 0, 0 executing, 0 finished, 0 failed\n");
}

TEST_F(CliInfo, TakesNamesOfCommandsForQueues) {
  EXPECT_THAT(info({"-r", "worker"}).out, StartsWith("queue worker 0"));
}

TEST_F(CliInfo, TellsProgramsAllCounts) {
  const auto told = nlohmann::json::parse(info({"--json"}).out);

  EXPECT_EQ(told["queues"][0]["name"], "default");
  EXPECT_EQ(told["queues"][0]["queued"], 10);
  EXPECT_EQ(told["queues"][0]["canceled"], 0);
  EXPECT_EQ(told["workers"][0]["name"], "w1");
  EXPECT_EQ(told["workers"][0]["state"], "idle");
}

TEST_F(CliInfo, WritesNothing) {
  ask("SADD", "rq:workers", "rq:worker:dead");
  ask("ZADD", "rq:wip:default", 1, "gone:gone");
  const std::string before = ask("DEBUG", "DIGEST").text;

  const Ended ended = info({});

  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out, Not(HasSubstr("dead")));
  EXPECT_EQ(ask("DEBUG", "DIGEST").text, before);
}

TEST_F(CliInfo, CostsSevenCommandsPerQueueAndOnePerWorker) {
  for (int i = 0; i < 48; ++i) ask("SADD", "rq:queues", "rq:queue:q" + std::to_string(i));
  const long before = commands();

  EXPECT_EQ(info({}).exit_code, 0);

  // And two pages of names, the greeting, our own INFO.
  EXPECT_LE(commands() - before, 50 * 7 + 1 + 8);
}

TEST_F(CliInfo, NeverObeysNamesFromRedis) {
  ask("SADD", "rq:queues", "rq:queue:\x1b[2Jx\n");

  const Ended ended = info({});

  EXPECT_THAT(ended.out, AllOf(HasSubstr("\\x1b[2Jx\\x0a"), Not(HasSubstr("\x1b"))));
}

TEST_F(CliInfo, RepeatsItselfUntilInterrupted) {
  Program program({"info", "-i", "0.1"}, options());
  program.await_output("Updated: ");
  ask("RPUSH", "rq:queue:mail", "another");

  program.await_output("12 jobs total");
  program.signal(SIGINT);

  EXPECT_EQ(program.wait().exit_code, 0);
}

TEST_F(CliInfo, RedrawsInPlaceAndColorsOnATerminal) {
  ProgramOptions on_terminal = options();
  on_terminal.terminal = true;
  Program program({"info", "-i", "0.1"}, on_terminal);

  program.await_output("\x1b[H\x1b[2J");
  program.await_output("\x1b[32midle\x1b[0m");
  program.signal(SIGTERM);

  EXPECT_EQ(program.wait().exit_code, 0);
}

TEST_F(CliInfo, IsEmptyWhereNothingIs) {
  ask("FLUSHALL");

  EXPECT_THAT(info({"-r"}).out, IsEmpty());
  EXPECT_THAT(info({}).out,
              StartsWith("0 queues, 0 jobs total\n\n0 workers, 0 queues\n\nUpdated: "));
}

}  // namespace
}  // namespace rqpp::test
