#include "worker/describe_exit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string describe_status(int wait_status, const std::string& last_words = {}) {
  return describe_exit({.wait_status = wait_status, .last_words = last_words});
}

TEST(DescribeExit, BeginsWithTheSentenceOfRq) {
  EXPECT_THAT(describe_status(9),
              StartsWith("Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); \n"));
  EXPECT_THAT(describe_status(3 << 8),
              StartsWith("Work-horse terminated unexpectedly; waitpid returned 768; \n"));
  EXPECT_THAT(
      describe_status(11, "SIGSEGV"),
      StartsWith("Work-horse terminated unexpectedly; waitpid returned 11 (signal 11); \n"));
}

TEST(DescribeExit, NamesTheSignal) {
  EXPECT_THAT(describe_status(11), HasSubstr("SIGSEGV"));
  EXPECT_THAT(describe_status(9), HasSubstr("memory ran out"));
}

TEST(DescribeExit, TellsOfACoreDump) {
  EXPECT_THAT(describe_status(11 | 0x80), HasSubstr("left a core dump"));
}

TEST(DescribeExit, NamesTheExitCode) {
  EXPECT_THAT(describe_status(3 << 8), HasSubstr("exit code 3"));
  EXPECT_THAT(describe_status(0), HasSubstr("exit code 0"));
}

TEST(DescribeExit, EndsWithWhatTheHorseLeftBehind) {
  EXPECT_THAT(describe_status(11, "Traceback\nSIGSEGV: it used a null pointer"),
              HasSubstr("; \nTraceback\nSIGSEGV: it used a null pointer. The fault is in"));
  EXPECT_THAT(describe_status(3 << 8, "the task called exit()"),
              HasSubstr("exit code 3 before the job did: the task called exit()."));
}

}  // namespace
}  // namespace rqpp::worker
