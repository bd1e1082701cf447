#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "redis/settings.h"
#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

using Variables = std::map<std::string, std::string>;

FoundSettings found(const Variables& variables, std::optional<std::string_view> url = {}) {
  return from_environment(url, [&](const char* name) -> std::optional<std::string> {
    const auto variable = variables.find(name);
    if (variable == variables.end()) return std::nullopt;
    return variable->second;
  });
}

std::string refusal(const Variables& variables) {
  try {
    found(variables);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(FromEnvironment, FallsBackToThisMachine) {
  const FoundSettings nothing = found({});

  EXPECT_EQ(nothing.settings, Settings{});
  EXPECT_FALSE(nothing.configured());
}

TEST(FromEnvironment, FollowsTheOrderOfRq) {
  Variables variables{
      {"RQ_REDIS_URL", "redis://second"}, {"REDIS_URL", "redis://third"}, {"REDIS_HOST", "fourth"}};

  EXPECT_EQ(found(variables, "redis://first").settings.host, "first");
  EXPECT_EQ(found(variables, "redis://first").source, "--url");
  EXPECT_EQ(found(variables).settings.host, "second");
  EXPECT_EQ(found(variables).source, "RQ_REDIS_URL");
  variables.erase("RQ_REDIS_URL");
  EXPECT_EQ(found(variables).settings.host, "third");
  EXPECT_EQ(found(variables).source, "REDIS_URL");
  variables.erase("REDIS_URL");
  EXPECT_EQ(found(variables).settings.host, "fourth");
  EXPECT_EQ(found(variables).source, "REDIS_HOST");
}

TEST(FromEnvironment, DoesNotMixAUrlWithParts) {
  const FoundSettings all = found({{"REDIS_URL", "redis://db"}, {"REDIS_PASSWORD", "pw"}});

  EXPECT_EQ(all.settings, Settings{.host = "db"});
}

TEST(FromEnvironment, ReadsAllParts) {
  const FoundSettings all = found({{"REDIS_HOST", "db"},
                                   {"REDIS_PORT", "6380"},
                                   {"REDIS_DB", "2"},
                                   {"REDIS_USERNAME", "me"},
                                   {"REDIS_PASSWORD", "pw"},
                                   {"REDIS_SSL", "Yes"},
                                   {"REDIS_SSL_CA_CERTS", "/ca.pem"},
                                   {"REDIS_SSL_CA_DATA", "PEM"},
                                   {"REDIS_SSL_CERTFILE", "/c.pem"},
                                   {"REDIS_SSL_KEYFILE", "/k.pem"},
                                   {"REDIS_SSL_CERT_REQS", "none"}});
  const Settings expected{.host = "db",
                          .port = 6380,
                          .db = 2,
                          .username = "me",
                          .password = "pw",
                          .tls = {.enabled = true,
                                  .ca_file = "/ca.pem",
                                  .ca_data = "PEM",
                                  .certificate_file = "/c.pem",
                                  .key_file = "/k.pem",
                                  .verify = false}};

  EXPECT_EQ(all.settings, expected);
}

TEST(FromEnvironment, CountsAnyPartAsConfigured) {
  EXPECT_EQ(found({{"REDIS_DB", "0"}}).source, "REDIS_DB");
  EXPECT_TRUE(found({{"REDIS_PASSWORD", "pw"}}).configured());
}

TEST(FromEnvironment, TakesEmptyVariablesAsUnset) {
  const FoundSettings empty =
      found({{"RQ_REDIS_URL", ""}, {"REDIS_URL", ""}, {"REDIS_HOST", ""}, {"REDIS_PORT", ""}});

  EXPECT_EQ(empty.settings, Settings{});
  EXPECT_FALSE(empty.configured());
}

TEST(FromEnvironment, ReadsTheWordsOfRqForTrueAndFalse) {
  for (const char* word : {"y", "YES", "t", "true", "1"}) {
    EXPECT_TRUE(found({{"REDIS_SSL", word}}).settings.tls.enabled) << word;
  }
  for (const char* word : {"n", "NO", "f", "False", "0"}) {
    EXPECT_FALSE(found({{"REDIS_SSL", word}}).settings.tls.enabled) << word;
  }
}

TEST(FromEnvironment, NamesTheVariableThatIsWrong) {
  EXPECT_EQ(refusal({{"REDIS_PORT", "70000"}}),
            "REDIS_PORT is '70000', which is not a number between 1 and 65535.");
  EXPECT_EQ(refusal({{"REDIS_DB", "x"}}),
            "REDIS_DB is 'x', which is not a number between 0 and 2147483647.");
  EXPECT_EQ(refusal({{"REDIS_SSL", "maybe"}}),
            "REDIS_SSL is 'maybe', which is neither true nor false.");
  EXPECT_EQ(refusal({{"REDIS_SSL_CERT_REQS", "some"}}),
            "REDIS_SSL_CERT_REQS is 'some', which is neither none nor required.");
  EXPECT_EQ(
      refusal({{"REDIS_URL", "redis://db:x"}}),
      "REDIS_URL is wrong: cannot read the Redis URL 'redis://db:x': port 'x' is not a number.");
}

TEST(ProcessEnvironment, LooksUpWhatIsSetAndWhatIsNot) {
  const Environment environment = process_environment();

  EXPECT_TRUE(environment("PATH"));
  EXPECT_FALSE(environment("RQPP_NO_SUCH_VARIABLE"));
}

}  // namespace
}  // namespace rqpp::redis
