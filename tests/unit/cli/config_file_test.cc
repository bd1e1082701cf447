#include "cli/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

auto parsing(const std::string& text) {
  return [text] { parse_config(text, "settings.py"); };
}

TEST(Config, HoldsRqsSettings) {
  const Config config = parse_config(R"(# Where Redis is
REDIS_HOST = 'db'   # and a comment
REDIS_PORT=6380
  REDIS_DB = 3
REDIS_SSL = True
REDIS_PASSWORD = "p # w"

QUEUES = ['high', "low"]
NAME = u'worker-1'
)",
                                     "settings.py");

  EXPECT_EQ(config, (Config{.redis = {{"REDIS_HOST", "db"},
                                      {"REDIS_PORT", "6380"},
                                      {"REDIS_DB", "3"},
                                      {"REDIS_SSL", "true"},
                                      {"REDIS_PASSWORD", "p # w"}},
                            .queues = {"high", "low"},
                            .name = "worker-1"}));
}

TEST(Config, TakesNoneForUnset) {
  EXPECT_EQ(parse_config("REDIS_PASSWORD = None\nNAME = None\nQUEUES = None", "f"), Config{});
  EXPECT_EQ(parse_config("", "f"), Config{});
}

TEST(Config, IgnoresNamesThatAreNoSettings) {
  EXPECT_EQ(parse_config("SENTRY_DSN = 'x'\nDEBUG = False\nsmall = {'a': 1}\n", "f"), Config{});
}

TEST(Config, RefusesPythonCodeWithItsPlace) {
  EXPECT_THAT(parsing("\nimport os\n"),
              ThrowsMessage<InvalidArgument>(
                  AllOf(StartsWith("settings.py:2: 'import os' is not NAME = value. "),
                        HasSubstr("runs no Python"))));
  EXPECT_THAT(parsing("REDIS_URL = os.environ['X']"),
              ThrowsMessage<InvalidArgument>(
                  StartsWith("settings.py:1: cannot read the value of REDIS_URL: ")));
  EXPECT_THAT(parsing("QUEUES = [\n'a']"),
              ThrowsMessage<InvalidArgument>(HasSubstr("in one line")));
  EXPECT_THAT(parsing("REDIS_URL = 'a'; x()"), ThrowsMessage<InvalidArgument>(HasSubstr(":1:")));
  EXPECT_THAT(parsing("a.b = 1"), ThrowsMessage<InvalidArgument>(HasSubstr("'a.b' = … is not")));
  EXPECT_THAT(parsing("A == 1"), ThrowsMessage<InvalidArgument>(HasSubstr(":1:")));
  EXPECT_THAT(parsing("= 1"), ThrowsMessage<InvalidArgument>(HasSubstr(":1:")));
}

TEST(Config, RefusesValuesOfTheWrongType) {
  EXPECT_THAT(parsing("QUEUES = 'high'"),
              ThrowsMessage<InvalidArgument>(
                  "settings.py:1: QUEUES is of Python's type str: write a list of texts, "
                  "['high', 'low']"));
  EXPECT_THAT(parsing("QUEUES = ['high', 1]"), ThrowsMessage<InvalidArgument>(HasSubstr("QUEUES")));
  EXPECT_THAT(parsing("REDIS_PASSWORD = ['secret']"),
              ThrowsMessage<InvalidArgument>(
                  AllOf(HasSubstr("REDIS_PASSWORD is of Python's type list: write a text"),
                        Not(HasSubstr("secret")))));
}

TEST(Config, RefusesSentinelRatherThanAnotherRedis) {
  EXPECT_THAT(parsing("SENTINEL = {'MASTER_NAME': 'm'}"),
              ThrowsMessage<InvalidArgument>(HasSubstr("SENTINEL is not supported")));
  EXPECT_EQ(parse_config("SENTINEL = None", "f"), Config{});
}

}  // namespace
}  // namespace rqpp::cli
