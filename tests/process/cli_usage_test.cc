#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/program.h"
#include "support/test_server.h"

#include <rqpp/version.h>

namespace rqpp::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(Cli, SaysItsVersion) {
  const Ended ended = rqpp({"--version"});

  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.out, "rqpp " RQPP_VERSION "\n");
}

TEST(Cli, HasHelpWithExamplesForEveryCommand) {
  const std::vector<std::vector<std::string>> commands{{"worker"},
                                                       {"worker-pool"},
                                                       {"completion"},
                                                       {"enqueue"},
                                                       {"info"},
                                                       {"top"},
                                                       {"job", "show"},
                                                       {"job", "result"},
                                                       {"job", "cancel"},
                                                       {"job", "requeue"},
                                                       {"job", "delete"},
                                                       {"job", "stop"},
                                                       {"workers"},
                                                       {"workers", "list"},
                                                       {"workers", "stop"},
                                                       {"workers", "drain"},
                                                       {"workers", "kill"},
                                                       {"empty"},
                                                       {"requeue"},
                                                       {"suspend"},
                                                       {"resume"},
                                                       {"redis"},
                                                       {"demo"}};
  for (std::vector<std::string> words : commands) {
    const std::string name = words.back();
    words.emplace_back("--help");

    const Ended ended = rqpp(words);

    EXPECT_EQ(ended.exit_code, 0) << name;
    EXPECT_THAT(ended.out, HasSubstr("Usage: rqpp")) << name;
    EXPECT_THAT(ended.out, HasSubstr("\nExamples:\n  rqpp ")) << name;
    EXPECT_THAT(ended.err, IsEmpty()) << name;
  }
}

TEST(Cli, ListsItsCommandsAndExitCodes) {
  const Ended ended = rqpp({"--help"});

  EXPECT_EQ(ended.exit_code, 0);
  for (const char* word :
       {"worker", "worker-pool", "enqueue", "info", "top", "job", "workers", "empty", "requeue",
        "suspend", "resume", "redis", "demo", "completion", "Exit codes:"}) {
    EXPECT_THAT(ended.out, HasSubstr(word));
  }
}

TEST(Cli, SaysWhenItsOutputIsLost) {
  const Ended ended = rqpp({"--version"}, {.output = "/dev/full"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(ended.err, "rqpp: cannot write to standard output\n");
}

TEST(Cli, AsksForACommand) {
  const Ended ended = rqpp({});

  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.err,
            "rqpp: which command? There are worker, worker-pool, scheduler, cron, enqueue, info, "
            "top, job, workers, empty, registry, requeue, suspend, resume, redis, doctor, budget, "
            "demo, completion. See `rqpp --help`.\n");
}

TEST(Cli, KnowsWhatAnUnknownWordWasMeantToBe) {
  EXPECT_EQ(rqpp({"wroker"}).err,
            "rqpp: there is no command 'rqpp wroker'. Did you mean 'worker'? "
            "See `rqpp --help`.\n");
  EXPECT_EQ(rqpp({"worker", "--brust"}).err,
            "rqpp: there is no option '--brust'. Did you mean '--burst'? "
            "See `rqpp worker --help`.\n");
  EXPECT_EQ(rqpp({"job", "shwo", "x"}).err,
            "rqpp: there is no command 'rqpp job shwo'. Did you mean 'show'? "
            "See `rqpp job --help`.\n");
  EXPECT_EQ(rqpp({"job", "show", "a", "b"}).err,
            "rqpp: 'b' is one word too many. See `rqpp job show --help`.\n");
}

TEST(Cli, ReturnsTwoForWrongUsage) {
  const std::vector<std::vector<std::string>> wrong{{"wroker"},
                                                    {"worker", "--brust"},
                                                    {"worker", "-v", "-q"},
                                                    {"worker", "--horses", "many"},
                                                    {"worker", "--horses", "0"},
                                                    {"worker", "--worker-ttl", "1s"},
                                                    {"worker", "--results-ttl", "soon"},
                                                    {"worker", "--logging-level", "LOUD"},
                                                    {"worker", "--log-format", "%(lineno)d"},
                                                    {"worker", "a,b"},
                                                    {"worker-pool", "-n", "0"},
                                                    {"worker-pool", "-n", "many"},
                                                    {"completion"},
                                                    {"completion", "tcsh"},
                                                    {"enqueue"},
                                                    {"enqueue", "m.f", ":{"},
                                                    {"enqueue", "m.f", "-S", "yaml"},
                                                    {"enqueue", "m.f", "--timeout", "1w"},
                                                    {"enqueue", "m.f", "--wait", "-3"},
                                                    {"info", "-Q", "-W"},
                                                    {"info", "-i", "0"},
                                                    {"top", "-i", "0"},
                                                    {"top", "-n", "0"},
                                                    {"job"},
                                                    {"job", "stop"},
                                                    {"workers", "stop"},
                                                    {"workers", "dance"},
                                                    {"requeue", "j1"},
                                                    {"requeue", "--queue", ""},
                                                    {"suspend", "--duration", "0"},
                                                    {"job", "show"},
                                                    {"redis", "restart"},
                                                    {"demo", "--last", "91"},
                                                    {"demo", "--first", "9", "--last", "8"}};
  for (const auto& words : wrong) {
    const Ended ended = rqpp(words, {.environment = {{"RQ_REDIS_URL", "unix:///nowhere/redis"}}});

    EXPECT_EQ(ended.exit_code, 2) << ::testing::PrintToString(words) << ended.err;
    EXPECT_THAT(ended.err, StartsWith("rqpp: ")) << ::testing::PrintToString(words);
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
    EXPECT_THAT(ended.out, IsEmpty()) << ::testing::PrintToString(words);
  }
}

TEST(Cli, SaysWhyItCannotFollowOptionsThatArePythons) {
  EXPECT_EQ(
      rqpp({"worker", "-w", "rq.SimpleWorker"}).err,
      "rqpp: --worker-class cannot be used: it names a class of Python. How a worker runs its "
      "jobs is said by --horses and --jobs-per-horse\n");
  const std::vector<std::vector<std::string>> python{
      {"worker", "--job-class", "a.B"},
      {"worker-pool", "-j", "a.B"},
      {"info", "--queue-class=a.B"},
      {"empty", "--connection-class", "a.B"},
      {"worker", "-d"},
      {"worker", "--disable-default-exception-handler"},
      {"worker", "--exception-handler", "a.b", "--exception-handler", "a.c"},
      {"worker-pool", "--exception-handler", "a.b"}};
  for (const auto& words : python) {
    const Ended ended = rqpp(words);

    EXPECT_EQ(ended.exit_code, 2) << ::testing::PrintToString(words) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(" cannot be used: ")) << ::testing::PrintToString(words);
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  }
  EXPECT_THAT(rqpp({"worker", "--help"}).out, ::testing::Not(HasSubstr("-class")));
}

TEST(Cli, TakesRqsOptionsThatDoNothingHere) {
  const std::vector<std::string> ignored{"--path", ".",    "-P",    "src",
                                         "-S",     "json", "--url", "unix:///nowhere/redis.sock"};
  for (std::vector<std::string> words :
       {std::vector<std::string>{"info"}, {"empty", "q"}, {"suspend"}}) {
    words.insert(words.end(), ignored.begin(), ignored.end());

    EXPECT_THAT(rqpp(words).err, StartsWith("rqpp: cannot reach"));
  }
  EXPECT_EQ(rqpp({"info", "-S", "my.Serializer"}).exit_code, 2);
}

TEST(Cli, NamesTheOptionThatIsWrong) {
  EXPECT_EQ(rqpp({"enqueue", "m.f", "--timeout", "1w"}).err,
            "rqpp: --timeout: '1w' is no duration: use seconds, or a number with a unit, 90s, 5m, "
            "2h or 1d\n");
}

// Each command that asks Redis, and how it says that it cannot.
const std::vector<std::vector<std::string>> kAsking{{"info"},
                                                    {"top"},
                                                    {"enqueue", "m.f"},
                                                    {"job", "show", "x"},
                                                    {"job", "result", "x"},
                                                    {"job", "cancel", "x"},
                                                    {"job", "stop", "x"},
                                                    {"workers"},
                                                    {"workers", "list"},
                                                    {"workers", "kill", "x"},
                                                    {"workers", "drain", "x"},
                                                    {"empty", "--all"},
                                                    {"empty", "x"},
                                                    {"requeue", "--queue", "q", "x"},
                                                    {"suspend"},
                                                    {"resume"}};

TEST(Cli, SaysWhichRedisItCannotReach) {
  for (std::vector<std::string> words : kAsking) {
    words.insert(words.end(), {"--url", "unix:///nowhere/redis.sock"});

    const Ended ended = rqpp(words);

    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_THAT(ended.err, StartsWith("rqpp: cannot reach unix:///nowhere/redis.sock"));
    EXPECT_THAT(ended.err, HasSubstr("no such file or directory"));
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  }
}

TEST(Cli, TakesTheUrlFromTheEnvironment) {
  const Ended ended =
      rqpp({"info"}, {.environment = {{"RQ_REDIS_URL", "unix:///nowhere/redis.sock"}}});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("unix:///nowhere/redis.sock"));
}

TEST(Cli, RefusesAMalformedUrlWithoutShowingItsPassword) {
  for (const char* url : {"http://:secret@db:6379", "redis://:secret@db:port", "secret"}) {
    for (std::vector<std::string> words : kAsking) {
      words.insert(words.end(), {"--url", url});

      const Ended ended = rqpp(words);

      EXPECT_EQ(ended.exit_code, 2) << url;
      EXPECT_THAT(ended.err, StartsWith("rqpp: ")) << url;
      EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
    }
  }
  EXPECT_THAT(rqpp({"worker", "--url", "http://:secret@db"}).err,
              AllOf(StartsWith("rqpp: "), ::testing::Not(HasSubstr("secret"))));
}

class ServerWithPassword : public ::testing::Test {
 protected:
  ServerWithPassword() {
    redis::Connection connection(server.settings());
    redis::Batch batch;
    batch.add("CONFIG", "SET", "requirepass", "right");
    connection.run(batch);
  }

  sandbox::EphemeralServer server{sandbox::EphemeralServer::Options{.tcp = true}};
};

TEST_F(ServerWithPassword, IsTalkedToWithItAndRefusesOthers) {
  const std::string place = "127.0.0.1:" + std::to_string(server.tcp_settings().port) + "/0";

  const Ended right = rqpp({"info", "-r", "-u", "redis://:right@" + place});
  const Ended wrong = rqpp({"info", "-r", "-u", "redis://:wrong@" + place});
  const Ended none = rqpp({"info", "-r", "-u", "redis://" + place});

  EXPECT_EQ(right.exit_code, 0) << right.err;
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, AllOf(StartsWith("rqpp: "), HasSubstr(place), HasSubstr("password"),
                               ::testing::Not(HasSubstr(":wrong@"))));
  EXPECT_EQ(std::count(wrong.err.begin(), wrong.err.end(), '\n'), 1) << wrong.err;
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, AllOf(StartsWith("rqpp: "), HasSubstr("asks for a password")));
}

}  // namespace
}  // namespace rqpp::test
