#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <nlohmann/json.hpp>

#include "support/program.h"

namespace rqpp::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

/// A home of its own, so that its private Redis is nobody else's.
class CliRedis : public ::testing::Test {
 protected:
  CliRedis() {
    std::string name = "/tmp/rqpp-cli-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    home = name;
    fs::create_directory(home / "run");
    fs::permissions(home / "run", fs::perms::owner_all);
  }
  ~CliRedis() override {
    run({"redis", "stop"});
    fs::remove_all(home);
  }

  Ended run(std::vector<std::string> words) {
    return rqpp(std::move(words), {.environment = {{"HOME", home.string()},
                                                   {"XDG_RUNTIME_DIR", (home / "run").string()},
                                                   {"XDG_DATA_HOME", (home / "data").string()}}});
  }
  nlohmann::json status() { return nlohmann::json::parse(run({"redis", "status", "--json"}).out); }

  fs::path home;
};

TEST_F(CliRedis, StartsSaysAndStops) {
  const Ended before = run({"redis", "status"});
  EXPECT_EQ(before.exit_code, 1);
  EXPECT_EQ(before.out, "No private Redis runs. `rqpp redis start` starts one.\n");

  const Ended started = run({"redis", "start"});
  EXPECT_EQ(started.exit_code, 0) << started.err;
  EXPECT_THAT(started.out, AllOf(StartsWith("Redis runs at unix://"), HasSubstr("private:")));
  EXPECT_THAT(run({"redis", "start"}).out, StartsWith("Redis runs already at unix://"));

  const Ended now = run({"redis", "status"});
  EXPECT_EQ(now.exit_code, 0);
  EXPECT_THAT(now.out, StartsWith("Redis runs at unix://"));

  const Ended stopped = run({"redis", "stop"});
  EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
  EXPECT_THAT(stopped.out, StartsWith("Redis has ended; its data stay in "));
  EXPECT_EQ(run({"redis", "stop"}).out, "No private Redis runs.\n");
}

TEST_F(CliRedis, TellsProgramsItsStatus) {
  EXPECT_EQ(status()["running"], false);
  EXPECT_TRUE(status()["pid"].is_null());
  run({"redis", "start"});

  const auto told = status();

  EXPECT_EQ(told["running"], true);
  EXPECT_EQ(::kill(told["pid"].get<pid_t>(), 0), 0);
  EXPECT_TRUE(fs::exists(told["socket"].get<std::string>()));
  EXPECT_THAT(told["url"].get<std::string>(), StartsWith("unix://"));
}

TEST_F(CliRedis, IsWhatTheUrlPrivateMeans) {
  const Ended enqueued = run({"enqueue", "m.f", "--job-id", "j1", "--url", "private:"});

  EXPECT_EQ(enqueued.exit_code, 0) << enqueued.err;
  EXPECT_EQ(status()["running"], true);
  EXPECT_EQ(run({"job", "show", "j1", "-u", "private:"}).exit_code, 0);
}

TEST_F(CliRedis, SaysWhatToInstallWhereThereIsNoServer) {
  const Ended ended =
      rqpp({"redis", "start"}, {.environment = {{"PATH", "/nowhere"},
                                                {"HOME", home.string()},
                                                {"XDG_RUNTIME_DIR", (home / "run").string()}}});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, AllOf(StartsWith("rqpp: no redis-server"), HasSubstr("apt install")));
}

}  // namespace
}  // namespace rqpp::test
