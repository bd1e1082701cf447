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
  EXPECT_EQ(parse_config("SENTRY_DSN = 'x'\nsmall = {'a': 1}\nDICT_CONFIG = {'a': 1}\n", "f"),
            Config{});
}

TEST(Config, NamesWhatLooksLikeASettingAndIsNone) {
  EXPECT_EQ(parse_config("DEBUG = False\nNAME = 'w'", "f"),
            (Config{.name = "w", .unknown = {"DEBUG"}}));
}

TEST(Config, RefusesAMisspelledSetting) {
  EXPECT_THAT(parsing("\nREDIS_URI = 'redis://db'"),
              ThrowsMessage<InvalidArgument>(
                  "settings.py:2: REDIS_URI is no setting. Did you mean 'REDIS_URL'?"));
  EXPECT_THAT(parsing("QUEUE = ['a']"), ThrowsMessage<InvalidArgument>(HasSubstr("'QUEUES'")));
  EXPECT_THAT(parsing("REDIS_PASWORD = None"),
              ThrowsMessage<InvalidArgument>(HasSubstr("'REDIS_PASSWORD'")));
}

TEST(Config, RefusesPythonCodeWithItsPlace) {
  EXPECT_THAT(parsing("\nimport os\n"),
              ThrowsMessage<InvalidArgument>(
                  AllOf(StartsWith("settings.py:2: this line is not NAME = value. "),
                        HasSubstr("runs no Python"))));
  EXPECT_THAT(parsing("REDIS_URL = os.environ['X']"),
              ThrowsMessage<InvalidArgument>(
                  StartsWith("settings.py:1: the value of REDIS_URL is no literal of Python. ")));
  EXPECT_THAT(parsing("QUEUES = [\n'a']"),
              ThrowsMessage<InvalidArgument>(HasSubstr("in one line")));
  EXPECT_THAT(parsing("REDIS_URL = 'a'; x()"), ThrowsMessage<InvalidArgument>(HasSubstr(":1:")));
  EXPECT_THAT(parsing("a.b = 1"),
              ThrowsMessage<InvalidArgument>(HasSubstr(":1: this line is not")));
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

TEST(Config, ShowsNoPartOfALineThatItRefuses) {
  for (const char* line :
       {"s3cret", "REDIS_PASSWORD = s3cret", "REDIS_PASSWORD: 's3cret'",
        "REDIS_PASSWORD 's3cret=x'", "REDIS_PASSWORD = 's3cret", "REDIS_PASSWORD = b's3cret'",
        "REDIS_PASSWORD = {s3cret: 1}", "REDIS_URL: redis://:s3cret@db/?x=1",
        "REDIS_URL = redis://:s3cret@db", "s3cret=", "export REDIS_PASSWORD=s3cret",
        "REDIS_PASSWORD = 's3cret' 'more", "= 's3cret'", "REDIS_PASSWORD = f's3cret'",
        "REDIS_PASSWORD = -s3cret", "s3cret = import"}) {
    EXPECT_THAT(parsing(line), ThrowsMessage<InvalidArgument>(
                                   AllOf(StartsWith("settings.py:1: "), Not(HasSubstr("s3cret")))))
        << line;
  }
}

TEST(Config, RefusesSentinelRatherThanAnotherRedis) {
  EXPECT_THAT(parsing("SENTINEL = {'MASTER_NAME': 'm'}"),
              ThrowsMessage<InvalidArgument>(HasSubstr("SENTINEL is not supported")));
  EXPECT_EQ(parse_config("SENTINEL = None", "f"), Config{});
}

}  // namespace
}  // namespace rqpp::cli
