#include "sandbox/find_redis.h"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::sandbox {
namespace {

using ::testing::HasSubstr;

redis::Environment environment(std::map<std::string, std::string> variables) {
  return [variables](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

void no_notice(std::string_view line) { FAIL() << "unexpected notice: " << line; }

bool never_asked(const redis::Settings& settings) {
  ADD_FAILURE() << "probed " << redis::to_display(settings);
  return false;
}

TEST(FindRedis, TakesTheGivenUrlWithoutAskingWhetherItAnswers) {
  const auto settings =
      find_redis("redis://db:7000/2", environment({{"RQ_REDIS_URL", "redis://other:1/0"}}),
                 no_notice, never_asked);

  EXPECT_EQ(settings, redis::parse_url("redis://db:7000/2"));
}

TEST(FindRedis, TakesWhatTheEnvironmentSaysWithoutAskingWhetherItAnswers) {
  const auto settings =
      find_redis(std::nullopt, environment({{"REDIS_HOST", "queue-host"}}), no_notice, never_asked);

  EXPECT_EQ(settings.host, "queue-host");
}

TEST(FindRedis, TakesLocalhostWhenSomebodyListensThere) {
  const auto settings = find_redis(std::nullopt, environment({}), no_notice,
                                   [](const redis::Settings&) { return true; });

  EXPECT_EQ(settings, redis::Settings{});
}

TEST(FindRedis, SaysWhatIsWrongWithAUrl) {
  EXPECT_THROW(find_redis("http://db", environment({}), no_notice, never_asked), InvalidArgument);
}

TEST(FindRedis, SaysWhyThereIsNoRedisWhenNoneCanBeStarted) {
  const auto nobody = [](const redis::Settings&) { return false; };

  try {
    find_redis(std::nullopt, environment({{"PATH", "/nowhere"}, {"HOME", "/nowhere"}}), no_notice,
               nobody);
    FAIL() << "found a Redis";
  } catch (const ConnectionError& error) {
    EXPECT_THAT(error.what(), HasSubstr("nothing listens at redis://localhost:6379/0, and a "
                                        "private Redis cannot be started instead: "));
  }
}

TEST(FindRedis, DoesNotFallBackToLocalhostWhenAPrivateOneIsAskedFor) {
  const auto nowhere = environment({{"RQ_REDIS_URL", "private:"}, {"PATH", "/nowhere"}});

  EXPECT_THROW(find_redis(std::nullopt, nowhere, no_notice, never_asked), Error);
}

TEST(Listens, IsFalseWhereNobodyDoes) {
  EXPECT_FALSE(listens({.unix_path = "/nowhere/redis.sock"}));
}

}  // namespace
}  // namespace rqpp::sandbox
