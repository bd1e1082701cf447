#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/program.h"
#include "support/temporary_folder.h"
#include "support/test_server.h"

namespace rqpp::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

constexpr const char* kNowhere = "unix:///nowhere/redis.sock";

class CliConfig : public RedisTest {
 protected:
  std::string write(const std::string& text, const std::string& name = "rq.conf") const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  Ended run(std::vector<std::string> words, std::map<std::string, std::string> environment = {}) {
    return rqpp(std::move(words),
                {.environment = std::move(environment), .folder = folder_.path()});
  }
  static std::string here() { return "REDIS_URL = '" + server().url() + "'\n"; }

  TemporaryFolder folder_{};
};

TEST_F(CliConfig, SaysWhereRedisIs) {
  const std::string file = write(here());
  ask("SADD", "rq:queues", "rq:queue:mine");

  EXPECT_THAT(run({"info", "-c", file}).out, HasSubstr("mine"));
  EXPECT_THAT(run({"info", "--config", "rq.conf"}).out, HasSubstr("mine"));
  EXPECT_THAT(run({"info"}, {{"RQ_CONFIG", file}}).out, HasSubstr("mine"));
}

TEST_F(CliConfig, MayBeNamedAsAModuleOfPython) {
  write(here(), "settings.py");
  fs::create_directory(folder_ / "shop");
  write(here(), "shop/settings.py");
  ask("SADD", "rq:queues", "rq:queue:mine");

  EXPECT_THAT(run({"info", "-c", "settings"}).out, HasSubstr("mine"));
  EXPECT_THAT(run({"info", "-c", "shop.settings"}).out, HasSubstr("mine"));
}

TEST_F(CliConfig, StandsBetweenTheUrlAndTheEnvironment) {
  const std::string good = write(here(), "good");
  const std::string bad = write(std::string("REDIS_URL = '") + kNowhere + "'", "bad");

  EXPECT_EQ(run({"info", "-c", bad, "-u", server().url()}).exit_code, 0);
  EXPECT_EQ(run({"info", "-c", bad}, {{"RQ_REDIS_URL", server().url()}}).exit_code, 0);
  EXPECT_EQ(run({"info", "-c", good}, {{"REDIS_URL", kNowhere}}).exit_code, 0);
  EXPECT_EQ(run({"info", "-c", good}, {{"RQ_CONFIG", bad}}).exit_code, 0);
  EXPECT_EQ(run({"info", "-c", bad}).exit_code, 1);
}

TEST_F(CliConfig, IsNotMixedWithTheEnvironment) {
  const std::string file = write("REDIS_HOST = 'nowhere.invalid'\n");

  const Ended ended = run({"info", "-c", file}, {{"REDIS_PORT", "no number"}});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("redis://nowhere.invalid:6379/0"));
}

TEST_F(CliConfig, GivesAWorkerItsQueuesAndItsName) {
  const std::string file = write(here() + "QUEUES = ['high', 'low']\nNAME = 'the-one'\n");

  EXPECT_THAT(run({"worker", "-b", "-c", file}).err,
              AllOf(HasSubstr("Worker the-one: started"), HasSubstr("Listening on high, low")));
  EXPECT_THAT(run({"worker", "-b", "-c", file, "-n", "other", "mine"}).err,
              AllOf(HasSubstr("Worker other: started"), HasSubstr("Listening on mine...")));
  EXPECT_THAT(run({"worker", "-b", "-u", server().url()}).err,
              HasSubstr("Listening on default..."));
  EXPECT_THAT(run({"worker-pool", "-b", "-c", file}).err,
              AllOf(HasSubstr("Listening on high, low"), Not(HasSubstr("the-one"))));
}

TEST_F(CliConfig, IsRefusedWhereItIsWrong) {
  const std::vector<std::string> wrong{"import os\n",
                                       "REDIS_PORT = 'many'\n",
                                       "REDIS_URL = 1.5\n",
                                       "REDIS_URL = 'http://:secret@db'\n",
                                       "REDIS_PASSWORD = secret\n",
                                       "REDIS_PASSWORD: 'secret'\n",
                                       "REDIS_URL = 'redis://db?pass=secret'\n"};
  for (const std::string& text : wrong) {
    const Ended ended = run({"info", "-c", write(text)});

    EXPECT_EQ(ended.exit_code, 2) << text;
    EXPECT_THAT(ended.err,
                AllOf(StartsWith("rqpp: "), HasSubstr("rq.conf"), Not(HasSubstr("secret"))))
        << text;
  }
  const Ended missing = run({"info", "-c", "missing.conf"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("cannot read the file 'missing.conf'"));
}

}  // namespace
}  // namespace rqpp::test
