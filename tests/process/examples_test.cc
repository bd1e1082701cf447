// The examples as a user runs them. RQ's two catches are gone: task and producer may share a file,
// and a worker may be started in any folder.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "support/program.h"
#include "support/test_server.h"

namespace rqpp::test {
namespace {

using ::testing::HasSubstr;

class Examples : public RedisTest {
 protected:
  static ProgramOptions options(const std::string& program) {
    return {.program = program, .environment = {{"RQ_REDIS_URL", server().url()}}};
  }
};

TEST_F(Examples, OneFileHoldsTaskAndProducerAndIsItsOwnWorker) {
  Program worker({"worker"}, options("examples/single"));
  worker.await_error("*** Listening on default...");

  const Ended producer = rqpp({"jobs are values"}, options("examples/single"));

  EXPECT_EQ(producer.exit_code, 0) << producer.err;
  EXPECT_EQ(producer.out, "3 words\n");
  worker.signal(SIGINT);
  EXPECT_EQ(worker.wait().exit_code, 0);
}

TEST_F(Examples, AProgramRunsJobsInThreadsOfItsOwn) {
  const Ended program = rqpp({}, options("examples/embedded"));

  EXPECT_EQ(program.exit_code, 0) << program.err;
  EXPECT_EQ(program.out, "the total is 321\n");
}

TEST_F(Examples, JobsTakeTheResultsOfThoseThatTheyWaitFor) {
  Program worker({"worker"}, options("examples/relay"));
  worker.await_error("*** Listening on default...");

  const Ended producer = rqpp({"one two", "three"}, options("examples/relay"));

  EXPECT_EQ(producer.exit_code, 0) << producer.err;
  EXPECT_EQ(producer.out, "3 words in all\n");
}

TEST_F(Examples, AStreamOfCallsIsQueued) {
  const Ended producer = rqpp({"1500"}, options("examples/stream"));

  EXPECT_EQ(producer.exit_code, 0) << producer.err;
  EXPECT_EQ(producer.out, "1500 jobs are queued\n");
  EXPECT_EQ(ask("LLEN", "rq:queue:default").number, 1'500);
}

TEST_F(Examples, IdsAreKnownWithoutAskingForEach) {
  ask("SADD", "customers", "c1", "c2");
  ask("HSET", "session:1", "user", "c1");
  ask("SET", "session:2", "of another type");

  const Ended checked = rqpp({"c1", "c3"}, options("examples/known"));
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_EQ(checked.out, "c1 is known\nc3 is not known\n");

  EXPECT_EQ(rqpp({"--sessions"}, options("examples/known")).out, "session:1\n  user = c1\n");
}

TEST_F(Examples, AWorkerInAnotherFolderFindsTheModuleByItsPath) {
  ProgramOptions elsewhere = options("rqpp");
  elsewhere.folder = "/";
  Program worker({"worker", "--path", in_build("examples").string()}, elsewhere);
  worker.await_error("*** Listening on default...");

  const Ended producer = rqpp({}, options("examples/run_example"));

  EXPECT_EQ(producer.exit_code, 0) << producer.err;
  EXPECT_THAT(producer.out, HasSubstr("fib(20) = 10946\n"));
  EXPECT_THAT(producer.out, HasSubstr("fib(33) = 5702887\n"));
  EXPECT_THAT(producer.out, HasSubstr("Done\n"));
}

TEST_F(Examples, ATestOfAUserNeedsNoRedis) {
  const Ended test = rqpp({}, {.program = "examples/signup_test",
                               .environment = {{"RQ_REDIS_URL", "unix:///nowhere"}}});

  EXPECT_EQ(test.exit_code, 0) << test.out << test.err;
  EXPECT_THAT(test.out, HasSubstr("ada@example.org: Welcome!\n"));
  EXPECT_THAT(test.out, HasSubstr("[  PASSED  ] 2 tests."));
}

}  // namespace
}  // namespace rqpp::test
