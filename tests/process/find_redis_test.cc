// The private server of producers: found, started and shared without a word of configuration.

#include "sandbox/find_redis.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "redis/connection.h"
#include "sandbox/private_server.h"

#include <rqpp/error.h>
#include <rqpp/queue.h>

namespace rqpp::sandbox {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A user whose private server lives in a folder that is gone after the test. Everything else of
/// the environment says nothing.
class PrivateRedis : public ::testing::Test {
 protected:
  PrivateRedis() {
    std::string name = "/tmp/rqpp-find-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw Error("cannot make a folder");
    folder_ = name;
    std::filesystem::create_directory(folder_ / "run");
    variables_ = {{"XDG_RUNTIME_DIR", (folder_ / "run").string()},
                  {"XDG_DATA_HOME", (folder_ / "data").string()},
                  {"PATH", ::getenv("PATH")}};
  }
  ~PrivateRedis() override {
    try {
      PrivateServer(default_places(environment())).stop();
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
    std::filesystem::remove_all(folder_);
  }

  redis::Environment environment() const {
    return [this](const char* name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      if (found == variables_.end()) return std::nullopt;
      return found->second;
    };
  }
  static bool answers(const redis::Settings& settings) {
    return redis::Connection(settings).run(redis::Batch{}.add("PING")).at(0).text == "PONG";
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> variables_{};
  std::vector<std::string> notices_{};
  const Notice notice_ = [this](std::string_view line) { notices_.emplace_back(line); };
};

bool nobody_listens(const redis::Settings&) { return false; }

TEST_F(PrivateRedis, TakesThePlaceOfAMissingOneAndSaysSo) {
  const auto settings = find_redis(std::nullopt, environment(), notice_, nobody_listens);

  EXPECT_TRUE(answers(settings));
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_THAT(notices_[0],
              AllOf(StartsWith("No Redis at redis://localhost:6379/0: using a private one, unix:"),
                    HasSubstr(folder_.string()), HasSubstr("Set RQ_REDIS_URL to use another.")));
}

TEST_F(PrivateRedis, IsSharedByAllWhoFindIt) {
  const auto first = find_redis(std::nullopt, environment(), notice_, nobody_listens);
  const auto second = find_redis(kPrivateUrl, environment(), notice_, nobody_listens);

  EXPECT_EQ(first, second);
  EXPECT_TRUE(listens(second));
}

TEST_F(PrivateRedis, ComesWithoutNoticeWhenAskedFor) {
  variables_["RQ_REDIS_URL"] = "private:";
  variables_["REDIS_URL"] = "redis://elsewhere:1/0";

  EXPECT_TRUE(answers(find_redis(std::nullopt, environment(), notice_, nobody_listens)));
  EXPECT_TRUE(notices_.empty());
}

TEST_F(PrivateRedis, NeverReplacesAConfiguredOne) {
  variables_["REDIS_URL"] = "redis://localhost:1/0";

  EXPECT_EQ(find_redis(std::nullopt, environment(), notice_, nobody_listens).port, 1);
  EXPECT_FALSE(PrivateServer(default_places(environment())).status().running);
}

TEST_F(PrivateRedis, ServesAQueue) {
  for (const auto& [name, value] : variables_) ::setenv(name.c_str(), value.c_str(), 1);
  Queue queue{"q", {.url = "private:"}};

  queue.enqueue(Call{.function = "m.f"});

  EXPECT_EQ(queue.size(), 1);
}

}  // namespace
}  // namespace rqpp::sandbox
