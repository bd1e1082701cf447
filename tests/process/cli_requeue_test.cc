#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/program.h"
#include "support/redis_state.h"
#include "support/test_server.h"

namespace rqpp::test {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class CliRequeue : public RedisTest {
 protected:
  Ended requeue(std::vector<std::string> words, const bool terminal = false) {
    words.insert(words.begin(), "requeue");
    return rqpp(std::move(words),
                {.environment = {{"RQ_REDIS_URL", server().url()}, {"TERM", "xterm"}},
                 .terminal = terminal});
  }
  void fail(const std::string& id, const std::string& queue = "q") {
    ask("HSET", "rq:job:" + id, "data", "D", "origin", queue, "status", "failed");
    fail_without_job(id, queue);
  }
  void fail_without_job(const std::string& id, const std::string& queue = "q") {
    ask("ZADD", "rq:failed:" + queue, "4102444800", id);
  }
  void fail_many(int count) {
    for (int i = 0; i < count; ++i) fail("j" + std::to_string(i));
  }
  std::int64_t waiting(const std::string& queue = "q") {
    return ask("LLEN", "rq:queue:" + queue).number;
  }
  std::int64_t failed(const std::string& queue = "q") {
    return ask("ZCARD", "rq:failed:" + queue).number;
  }
};

TEST_F(CliRequeue, PutsTheJobsNamedBack) {
  fail_many(3);

  const Ended ended = requeue({"--queue", "q", "j0", "j2"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "Requeueing 2 jobs of queue q\n2 jobs requeued\n");
  EXPECT_EQ(waiting(), 2);
  EXPECT_EQ(failed(), 1);
  EXPECT_EQ(ask("HGET", "rq:job:j0", "status").text, "queued");
}

TEST_F(CliRequeue, PutsAllBackAHundredAtATime) {
  fail_many(250);
  fail("other", "other");
  reset_counts(connection);
  const std::int64_t reads = reads_of_redis(connection);

  const Ended ended = requeue({"--queue", "q", "--all"});

  const auto cost = command_counts(connection);
  EXPECT_LE(reads_of_redis(connection) - reads, 20);  // Redis reads 16 KiB at a time
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "Requeueing 250 jobs of queue q\n250 jobs requeued\n");
  EXPECT_EQ(waiting(), 250);
  EXPECT_EQ(failed(), 0);
  EXPECT_EQ(failed("other"), 1);
  EXPECT_EQ(cost.at("zrange"), 3);
  EXPECT_LE(total(cost), 250 * 8 + 30);
}

TEST_F(CliRequeue, CountsWhatItCannotRequeue) {
  fail_many(120);
  for (int i = 0; i < 130; ++i) fail_without_job("gone" + std::to_string(i));

  const Ended ended = requeue({"--queue", "q", "-a"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, EndsWith("120 jobs requeued\n"));
  EXPECT_EQ(ended.err,
            "rqpp: unable to requeue 130 jobs: 130 no longer exist, 0 are not among the failed "
            "ones\n");
  EXPECT_EQ(waiting(), 120);
}

TEST_F(CliRequeue, LeavesWhatIsForgottenAlone) {
  fail("j1");
  ask("ZADD", "rq:failed:q", 1'000, "forgotten");

  const Ended ended = requeue({"--queue", "q", "-a"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(waiting(), 1);
}

TEST_F(CliRequeue, PutsThoseBackThatAreMeant) {
  fail_many(3);
  for (const char* id : {"j0", "j2"}) {
    ask("HSET", std::string("rq:job:") + id, "ended_at", "2020-01-01T00:00:00.000000Z");
  }

  const Ended ended = requeue({"--queue", "q", "--older-than", "1d"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "Looking through 3 failed jobs of queue q\n2 jobs requeued\n");
  EXPECT_EQ(waiting(), 2);
  EXPECT_EQ(requeue({"--queue", "q", "--task", "a.b", "j1"}).exit_code, 2);
}

TEST_F(CliRequeue, PutsThoseBackThatAreKeptForEver) {
  fail("j1");
  ask("ZADD", "rq:failed:q", -1, "j1");

  EXPECT_EQ(requeue({"--queue", "q", "--all"}).exit_code, 0);

  EXPECT_EQ(waiting(), 1);
}

TEST_F(CliRequeue, RefusesJobsOfOtherQueues) {
  fail("mine");
  fail("other", "other");

  const Ended ended = requeue({"--queue", "q", "mine", "other", "nobody"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(
      ended.err,
      AllOf(HasSubstr("rqpp: job 'other' is not among the failed jobs of queue 'q'\n"),
            HasSubstr("rqpp: job 'nobody' is not among"), HasSubstr("unable to requeue 2")));
  EXPECT_EQ(waiting(), 1);
  EXPECT_EQ(failed("other"), 1);
}

TEST_F(CliRequeue, ShowsItsProgressOnATerminal) {
  fail_many(250);

  const Ended ended = requeue({"--queue", "q", "-a"}, true);

  EXPECT_THAT(ended.out,
              AllOf(HasSubstr("] 0/250"), HasSubstr("] 100/250"), HasSubstr("] 250/250")));
}

TEST_F(CliRequeue, SaysThatThereIsNothingToDo) {
  EXPECT_EQ(requeue({"--queue", "q"}).out, "Nothing to do\n");
  EXPECT_EQ(requeue({"--queue", "q", "--all"}).out, "Nothing to do\n");
}

}  // namespace
}  // namespace rqpp::test
