#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/program.h"
#include "support/test_server.h"

namespace rqpp::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CliSuspend : public RedisTest {
 protected:
  static Ended run(std::vector<std::string> words) {
    return rqpp(std::move(words), {.environment = {{"RQ_REDIS_URL", server().url()}}});
  }
  std::int64_t time_left() { return ask("TTL", "rq:suspended").number; }
};

TEST_F(CliSuspend, LastsUntilResume) {
  const Ended suspended = run({"suspend"});

  EXPECT_EQ(suspended.exit_code, 0) << suspended.err;
  EXPECT_THAT(suspended.out, HasSubstr("They go on with `rqpp resume`.\n"));
  EXPECT_EQ(time_left(), -1);

  EXPECT_EQ(run({"resume"}).out, "Workers go on.\n");
  EXPECT_EQ(time_left(), -2);
  EXPECT_EQ(run({"resume"}).out, "Workers were not suspended.\n");
}

TEST_F(CliSuspend, PausesQueuesAlone) {
  const Ended paused = run({"suspend", "--queue", "mail", "--queue", "low", "--duration", "1m"});

  EXPECT_EQ(paused.exit_code, 0) << paused.err;
  EXPECT_THAT(paused.out, HasSubstr("Queue mail is paused: workers of rqpp start no job of it"));
  EXPECT_THAT(paused.out, HasSubstr("or at once with `rqpp resume --queue low`.\n"));
  EXPECT_EQ(time_left(), -2);
  EXPECT_GT(ask("TTL", "rqpp:paused:mail").number, 30);

  EXPECT_EQ(run({"resume", "--queue", "mail"}).out, "Queue mail goes on.\n");
  EXPECT_EQ(run({"resume", "--queue", "mail"}).out, "Queue mail was not paused.\n");
  EXPECT_EQ(ask("EXISTS", "rqpp:paused:low").number, 1);
  EXPECT_EQ(run({"suspend", "--queue", "a,b"}).exit_code, 2);
}

TEST_F(CliSuspend, EndsAfterTheDuration) {
  const Ended ended = run({"suspend", "--duration", "2m"});

  EXPECT_THAT(ended.out, HasSubstr("in 120 s, or at once with `rqpp resume`"));
  EXPECT_GT(time_left(), 60);
  EXPECT_LE(time_left(), 120);
}

TEST_F(CliSuspend, RefusesADurationThatIsNone) {
  for (const char* duration : {"0", "-5", "soon"}) {
    const Ended ended = run({"suspend", "--duration", duration});

    EXPECT_EQ(ended.exit_code, 2);
    EXPECT_THAT(ended.err, AllOf(HasSubstr("--duration"), HasSubstr(duration)));
    EXPECT_EQ(time_left(), -2);
  }
}

TEST_F(CliSuspend, KeepsAWorkerFromStarting) {
  ask("SET", "rq:suspended", 1);

  const Ended ended = run({"worker", "--burst"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(ended.err,
            "rqpp: RQ is currently suspended. To resume job execution run \"rqpp resume\".\n");
  EXPECT_THAT(ended.out, IsEmpty());

  ask("EXPIRE", "rq:suspended", 90);
  EXPECT_THAT(run({"worker", "--burst"}).err, HasSubstr(", or wait 90 s."));

  run({"resume"});
  EXPECT_EQ(run({"worker", "--burst"}).exit_code, 0);
}

}  // namespace
}  // namespace rqpp::test
