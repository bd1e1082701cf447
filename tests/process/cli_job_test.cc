#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/program.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CliJob : public RedisTest {
 protected:
  ProgramOptions options() const { return {.environment = {{"RQ_REDIS_URL", server().url()}}}; }
  Ended job(std::vector<std::string> words) {
    words.insert(words.begin(), "job");
    return rqpp(std::move(words), options());
  }
  void enqueue(const std::string& id, const Call& call) { queue.enqueue(call, {.job_id = id}); }
  /// Runs what is in the queue.
  void work() {
    const Ended ended =
        rqpp({"worker", "--burst", "--quiet", "--path", in_build("examples").string()}, options());
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
  }

  Queue queue{"default", {.url = server().url()}};
};

TEST_F(CliJob, ShowsAllAboutAJobThatWaits) {
  enqueue("j1", {.function = "fib.slow_fib", .args = {20}, .kwargs = {{"n", "x"}}});

  const Ended ended = job({"show", "j1"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("id           j1\n"), HasSubstr("status       queued\n"),
                               HasSubstr("queue        default\n"),
                               HasSubstr("call         fib.slow_fib(20, n='x')\n"),
                               HasSubstr("timeout      180 s\n"), HasSubstr("enqueued     20")));
}

TEST_F(CliJob, ShowsWhatTheRunLeft) {
  enqueue("j1", {.function = "fib.slow_fib", .args = {20}});
  enqueue("j2", {.function = "fib.slow_fob"});
  work();

  EXPECT_THAT(job({"show", "j1"}).out,
              AllOf(HasSubstr("status       finished\n"), HasSubstr("\nsuccessful at 20"),
                    HasSubstr("\n10946\n")));
  EXPECT_THAT(job({"show", "j2"}).out,
              AllOf(HasSubstr("status       failed\n"), HasSubstr("\nfailed at 20"),
                    HasSubstr("fib.slow_fob")));
}

TEST_F(CliJob, TellsProgramsAllAboutIt) {
  enqueue("j1", {.function = "fib.slow_fib", .args = {20}});
  work();

  const auto told = nlohmann::json::parse(job({"show", "j1", "--json"}).out);

  EXPECT_EQ(told["id"], "j1");
  EXPECT_EQ(told["status"], "finished");
  EXPECT_EQ(told["timeout"], 180);
  EXPECT_TRUE(told["ttl"].is_null());
  EXPECT_EQ(told["call"]["function"], "fib.slow_fib");
  EXPECT_EQ(told["call"]["args"][0], 20);
  EXPECT_EQ(told["results"][0]["type"], "successful");
  EXPECT_EQ(told["results"][0]["value"], 10946);
}

TEST_F(CliJob, ShowsAJobWhoseCallIsDamaged) {
  enqueue("j1", {.function = "m.f"});
  ask("HSET", "rq:job:j1", "data", "\x80\x04garbage", "description", "\x1b[31mred");

  const Ended ended = job({"show", "j1"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("(cannot be read: "), HasSubstr("\\x1b[31mred"),
                               Not(HasSubstr("\x1b"))));
  EXPECT_TRUE(nlohmann::json::parse(job({"show", "j1", "--json"}).out)["call"].is_null());
}

TEST_F(CliJob, ShowsAJobWhoseResultsAreDamaged) {
  enqueue("j1", {.function = "m.f"});
  ask("XADD", "rq:results:j1", "*", "type", "no number");

  const Ended ended = job({"show", "j1"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr("call         m.f()\n"));
  EXPECT_THAT(ended.err, HasSubstr("'no number'"));
}

TEST_F(CliJob, PrintsTheResult) {
  enqueue("j1", {.function = "fib.slow_fib", .args = {20}});
  work();

  const Ended text = job({"result", "j1"});
  const Ended json = job({"result", "j1", "--json"});

  EXPECT_EQ(text.exit_code, 0);
  EXPECT_EQ(text.out, "10946\n");
  EXPECT_EQ(json.out, "10946\n");
}

TEST_F(CliJob, ReturnsThreeForAJobThatHasNotEnded) {
  enqueue("j1", {.function = "fib.slow_fib", .args = {20}});

  const Ended now = job({"result", "j1"});
  const Ended waited = job({"result", "j1", "--wait", "0"});

  EXPECT_EQ(now.exit_code, 3);
  EXPECT_EQ(now.err, "rqpp: job 'j1' has not ended: it is queued. Use --wait to wait for it.\n");
  EXPECT_EQ(waited.exit_code, 3);
  EXPECT_THAT(now.out, IsEmpty());
}

TEST_F(CliJob, WaitsForTheResult) {
  enqueue("j1", {.function = "fib.slow_fib", .args = {20}});
  Program waiting({"job", "result", "j1", "--wait", "1m"}, options());
  work();

  const Ended ended = waiting.wait();

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "10946\n");
}

TEST_F(CliJob, ReturnsOneForAJobThatFailed) {
  enqueue("j1", {.function = "fib.slow_fob"});
  work();

  const Ended ended = job({"result", "j1"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("rqpp: job 'j1' failed: "));
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
}

TEST_F(CliJob, ReturnsFourForAnIdThatNobodyKnows) {
  for (const char* command : {"show", "result"}) {
    const Ended ended = job({command, "nobody"});

    EXPECT_EQ(ended.exit_code, 4);
    EXPECT_EQ(ended.err,
              "rqpp: there is no job 'nobody': it was never enqueued here, was deleted, or its "
              "time to live is over\n");
  }
}

TEST_F(CliJob, LooksForAnyIdThatRedisCanHold) {
  const Ended ended = job({"show", "a b"});

  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_THAT(ended.err, HasSubstr("there is no job 'a b'"));
}

}  // namespace
}  // namespace rqpp::test
