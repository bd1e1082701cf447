#include "sandbox/job_redis.h"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "environment.h"
#include "sandbox/find_redis.h"

#include <rqpp/error.h>

namespace rqpp::sandbox {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

bool nobody_listens(const redis::Settings&) { return false; }
void ignore(std::string_view) {}

std::string refusal(std::optional<std::string_view> url, const redis::Environment& variables,
                    std::string_view no_private = {}) {
  try {
    return "found " +
           redis::to_display(find_redis(url, variables, ignore, nobody_listens, no_private));
  } catch (const ConnectionError& error) {
    return error.what();
  }
}

TEST(RedisForJobs, IsTheWorkersIfItHasNoPassword) {
  const redis::Settings worker{.host = "db", .client_name = "w1"};

  EXPECT_EQ(redis_for_jobs("", worker), (JobRedis{.url = "redis://db:6379/0"}));
}

TEST(RedisForJobs, IsWithheldWithItsPassword) {
  const redis::Settings worker{.host = "db", .username = "groom", .password = "secret"};

  EXPECT_EQ(redis_for_jobs("", worker), (JobRedis{.withheld = "redis://groom@db:6379/0"}));
}

TEST(RedisForJobs, IsTheOneThatIsNamed) {
  const redis::Settings worker{.host = "db", .password = "secret"};

  EXPECT_EQ(redis_for_jobs("redis://jobs:few@db", worker),
            (JobRedis{.url = "redis://jobs:few@db"}));
  EXPECT_THROW(redis_for_jobs("nonsense", worker), InvalidArgument);
}

TEST(FindRedisInAJob, SaysHowToEnqueueWhereThePasswordIsWithheld) {
  const auto job =
      environment({{"RQ_WORKER_ID", "w1"}, {"RQPP_WORKER_REDIS", "redis://groom@db:6379/0"}});

  EXPECT_THAT(refusal(std::nullopt, job),
              AllOf(HasSubstr("redis://groom@db:6379/0, whose password jobs do not get"),
                    HasSubstr("--job-url")));
  EXPECT_EQ(refusal("redis://other", job), "found redis://other:6379/0");
}

TEST(FindRedisInAJob, StartsNoPrivateOne) {
  for (const char* mark : {"RQ_WORKER_ID", "RQ_JOB_ID"}) {
    EXPECT_THAT(refusal(std::nullopt, environment({{mark, ""}})),
                HasSubstr("a job starts no private one"));
  }
}

TEST(FindRedis, StartsNoPrivateOneWhereItIsToldWhy) {
  EXPECT_EQ(refusal(std::nullopt, environment({}), "nobody would find a private one"),
            "nothing listens at redis://localhost:6379/0, and nobody would find a private one. Set "
            "RQ_REDIS_URL, or use --url.");
}

TEST(WhyNoPrivateServer, IsAServiceOrAContainer) {
  EXPECT_THAT(why_no_private_server(environment({{"NOTIFY_SOCKET", "/run/x"}})),
              HasSubstr("systemd"));
  EXPECT_THAT(why_no_private_server(environment({{"container", "podman"}})),
              HasSubstr("container"));
  EXPECT_THAT(why_no_private_server(environment({{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}})),
              HasSubstr("container"));
}

TEST(DefaultUrl, IsThatOfItsScope) {
  EXPECT_EQ(DefaultUrl::current(), "");
  {
    const DefaultUrl outer("redis://a");
    {
      const DefaultUrl inner("redis://b");
      EXPECT_EQ(DefaultUrl::current(), "redis://b");
      EXPECT_EQ(finder("")().host, "b");
      EXPECT_EQ(finder("redis://c")().host, "c");
    }
    EXPECT_EQ(DefaultUrl::current(), "redis://a");
  }
  EXPECT_EQ(DefaultUrl::current(), "");
}

}  // namespace
}  // namespace rqpp::sandbox
