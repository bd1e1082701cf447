#include "worker/describe_exit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(DescribeExit, BeginsWithTheSentenceOfRq) {
  EXPECT_THAT(describe_exit(9), StartsWith("Work-horse terminated unexpectedly; waitpid returned 9 "
                                           "(signal 9); \n"));
  EXPECT_THAT(describe_exit(3 << 8),
              StartsWith("Work-horse terminated unexpectedly; waitpid returned 768; \n"));
}

TEST(DescribeExit, NamesTheSignal) {
  EXPECT_THAT(describe_exit(11), HasSubstr("SIGSEGV"));
  EXPECT_THAT(describe_exit(9), HasSubstr("memory ran out"));
}

TEST(DescribeExit, TellsOfACoreDump) {
  EXPECT_THAT(describe_exit(11 | 0x80), HasSubstr("left a core dump"));
}

TEST(DescribeExit, NamesTheExitCode) {
  EXPECT_THAT(describe_exit(3 << 8), HasSubstr("exit code 3"));
  EXPECT_THAT(describe_exit(0), HasSubstr("exit code 0"));
}

}  // namespace
}  // namespace rqpp::worker
