#include "base/private_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include <string>
#include <vector>

namespace rqpp::base {
namespace {

using ::testing::Contains;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> entries(const Environment& environment) {
  std::vector<std::string> all;
  for (char* const* entry = environment.data(); *entry != nullptr; ++entry)
    all.emplace_back(*entry);
  return all;
}

TEST(PrivateProcess, HoldsWhileItLives) {
  const int before = ::prctl(PR_GET_DUMPABLE);
  {
    const PrivateProcess hidden;
    EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 0);
  }
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE), before);
}

TEST(Environment, LeavesOutWhatItIsTold) {
  ::setenv("RQPP_TEST_SECRET", "a", 1);
  ::setenv("RQPP_TEST_SECRET_NOT", "b", 1);
  const std::vector<std::string> secret{"RQPP_TEST_SECRET"};

  const auto left = entries(Environment(secret));

  EXPECT_THAT(left, Not(Contains(StartsWith("RQPP_TEST_SECRET="))));
  EXPECT_THAT(left, Contains("RQPP_TEST_SECRET_NOT=b"));
  EXPECT_STREQ(::getenv("RQPP_TEST_SECRET"), "a");
  ::unsetenv("RQPP_TEST_SECRET");
  ::unsetenv("RQPP_TEST_SECRET_NOT");
}

TEST(WipeVariables, OverwritesThemInMemory) {
  std::string entry = "RQPP_TEST_SECRET=horse";
  ::putenv(entry.data());
  const std::vector<std::string> secret{"RQPP_TEST_SECRET", "RQPP_TEST_MISSING"};

  wipe_variables(secret);

  EXPECT_EQ(::getenv("RQPP_TEST_SECRET"), nullptr);
  EXPECT_EQ(entry, "RQPP_TEST_SECRET=" + std::string(5, '\0'));
}

}  // namespace
}  // namespace rqpp::base
