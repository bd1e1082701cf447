#include "sandbox/find_redis.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "environment.h"

#include <rqpp/error.h>

namespace rqpp::sandbox {
namespace {

using ::testing::HasSubstr;

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

TEST(FindRedis, NamesOptionsThatItIgnoresOnce) {
  std::vector<std::string> said;
  const auto note = [&said](std::string_view line) { said.emplace_back(line); };

  const auto settings =
      find_redis(std::nullopt,
                 environment({{"REDIS_URL", "redis://db:7000/2?decode_responses=True&protocol=3"}}),
                 note, never_asked);

  EXPECT_EQ(settings, redis::parse_url("redis://db:7000/2"));
  EXPECT_THAT(said, ::testing::ElementsAre("REDIS_URL has options that only Python needs, they are "
                                           "ignored: decode_responses, protocol."));
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
    find_redis(std::nullopt, environment({{"PATH", "/nowhere"}, {"HOME", "/dev/null"}}), no_notice,
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
