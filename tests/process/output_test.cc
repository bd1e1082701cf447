// What jobs write: on the worker's own output while they run, and in the text of their failures.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>

#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class Output : public WorkerTest {
 protected:
  static std::size_t count(const std::string& text, char c) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), c));
  }
};

TEST_F(Output, GoesToTheWorkersOwn) {
  enqueue("talkers.write_and_throw");

  const Ended ended = burst();

  EXPECT_EQ(ended.out, "loading the model\ngiving up");
  EXPECT_THAT(ended.err, HasSubstr("layer 7 has 3 weights\n\xff\n"));
}

TEST_F(Output, IsSeenWhileTheJobRuns) {
  const std::string gate = (fs::temp_directory_path() / ("rqpp-gate-" + std::to_string(getpid())));
  const AnyJob job = enqueue("talkers.write_and_wait", {"half way", gate});
  Program worker(words({"--burst"}));

  worker.await_output("half way\n");
  EXPECT_EQ(job.status(), Status::started);
  std::ofstream(gate) << "open";

  EXPECT_EQ(worker.wait().exit_code, 0);
  fs::remove(gate);
}

TEST_F(Output, StandsBelowTheErrorOfAJob) {
  const AnyJob job = enqueue("talkers.write_and_throw");

  burst();

  EXPECT_THAT(job.exc_info(),
              HasSubstr("std::runtime_error: no such layer\n\nThe job wrote last:\n"));
  EXPECT_THAT(job.exc_info(), AllOf(HasSubstr("\n  loading the model\n"),
                                    HasSubstr("\n  layer 7 has 3 weights\n  \xEF\xBF\xBD\n")));
  EXPECT_THAT(job.exc_info(), HasSubstr("giving up\n"));
  try {
    job.wait(1s);
    FAIL() << "it failed";
  } catch (const TaskError& error) {
    EXPECT_THAT(error.what(), HasSubstr("failed: std::runtime_error: no such layer\n"));
  }
}

TEST_F(Output, StandsBelowACrash) {
  const AnyJob job = enqueue("talkers.write_and_crash");

  burst();

  EXPECT_THAT(job.exc_info(), HasSubstr("SIGSEGV"));
  EXPECT_THAT(job.exc_info(), EndsWith("The job wrote last:\n  about to crash\n"));
}

TEST_F(Output, IsThatOfTheJobAloneWhenHorsesAreReused) {
  const AnyJob first = enqueue("talkers.write_and_throw");
  const AnyJob second = enqueue("horses.throw_int");

  burst({"--jobs-per-horse", "10"});

  EXPECT_THAT(first.exc_info(), HasSubstr("The job wrote last:"));
  EXPECT_THAT(second.exc_info(), Not(HasSubstr("The job wrote last:")));
}

TEST_F(Output, KeepsTheLastLines) {
  const AnyJob job = enqueue("talkers.write_lines", {1000});

  burst();

  EXPECT_THAT(job.exc_info(), EndsWith("\n  line 998\n  line 999\n"));
  EXPECT_THAT(job.exc_info(), Not(HasSubstr("line 979\n")));
}

TEST_F(Output, HasALimit) {
  const AnyJob job = enqueue("talkers.write_bytes", {3'000'000});

  const Ended ended = burst({"--max-output", "1M"});

  EXPECT_EQ(job.status(), Status::finished);
  EXPECT_EQ(count(ended.out, 'x'), 1U << 20);
  EXPECT_THAT(ended.err, HasSubstr("job " + job.id() +
                                   " has printed 1048576 bytes, the most that one may: the rest "
                                   "is dropped (--max-output)"));
}

TEST_F(Output, WithoutEndBlocksNobody) {
  const AnyJob flood = enqueue("talkers.write_until_stopped", {}, {.timeout = 2s});
  const AnyJob other = enqueue("horses.pid");

  const Ended ended = burst({"--horses", "2", "--max-output", "64K", "--grace", "0"});

  EXPECT_EQ(other.status(), Status::finished);
  EXPECT_LT(other.info().ended_at, flood.info().ended_at);
  EXPECT_THAT(flood.exc_info(), HasSubstr("exceeded maximum timeout value"));
  EXPECT_EQ(ended.out.size(), std::size_t{64} << 10);
}

TEST_F(Output, OfADaemonThatStaysHoldsNothingUp) {
  const AnyJob job = enqueue("talkers.leave_a_daemon");
  const AnyJob next = enqueue("horses.pid");

  EXPECT_EQ(burst().exit_code, 0);

  EXPECT_EQ(next.status(), Status::finished);
  ::kill(static_cast<pid_t>(job.wait(1s).as_int()), SIGKILL);
}

TEST_F(Output, ThatFindsNoRoomIsNoErrorOfTheJob) {
  const AnyJob job = enqueue("talkers.write_bytes", {300'000});

  const Ended ended = burst({}, {.output = "/dev/full"});

  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(job.status(), Status::finished);
  EXPECT_THAT(ended.err, HasSubstr("cannot write what jobs print to standard output: no space left "
                                   "on device; it is dropped"));
}

TEST_F(Output, OfAWorkerWithoutOutputGoesNowhere) {
  const AnyJob job = enqueue("talkers.write_bytes", {300'000});
  const AnyJob next = enqueue("horses.pid");
  std::string command = "exec " + in_build("rqpp").string();
  for (const std::string& word : words({"--burst"})) command += " '" + word + "'";

  const Ended ended = rqpp({"-c", command + " >&-"}, {.program = "/bin/sh"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(job.status(), Status::finished);
  EXPECT_EQ(next.status(), Status::finished);
}

TEST_F(Output, ThatNobodyReadsEndsNoWorker) {
  const AnyJob job = enqueue("talkers.write_bytes", {300'000});
  Program worker(words({"--burst"}));
  worker.close_output();

  EXPECT_EQ(worker.wait().exit_code, 0);
  EXPECT_EQ(job.status(), Status::finished);
}

}  // namespace
}  // namespace rqpp::test
