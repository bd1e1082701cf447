// The incident of docs/redis-care.md in a short form. Both services check what they did themselves:
// each total against a scan, and all of it against what must come out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

#include "support/paths.h"
#include "support/program.h"
#include "support/sanitizers.h"

namespace rqpp::test {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

Ended replay(std::vector<std::string> words) {
  words.insert(words.end(), {"--build", build_dir()});
  return rqpp(std::move(words), {.program = source_dir() + "/examples/redis-under-load/run"});
}

TEST(RedisUnderLoad, TheCuredServiceDoesTheSameWorkForAFractionOfTheCpu) {
  if (kAddressSanitizer || kThreadSanitizer) GTEST_SKIP() << "it compares times";

  // As busy as in the incident: where Redis sleeps between commands, each costs it what its caches
  // have lost meanwhile, up to four times as much on a machine with noisy neighbours.
  const Ended ended = replay({"--seconds", "3", "--cpu", "80", "--json"});

  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const Json measured = Json::parse(ended.out);
  const Json& before = measured["careless"];
  const Json& after = measured["careful"];
  EXPECT_EQ(before["outcome"], after["outcome"]);
  EXPECT_GE(before["outcome"]["reports"].get<int>(), 8) << "each client has one";
  // It is some 30 times; a small part of that is sure on any machine.
  EXPECT_GT(before["cpu_per_report"].get<double>(), 4 * after["cpu_per_report"].get<double>());
}

TEST(RedisUnderLoad, SaysWhatItNeeds) {
  const Ended ended =
      rqpp({"--build", "/nowhere"}, {.program = source_dir() + "/examples/redis-under-load/run"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("Build it first: make build"));
}

}  // namespace
}  // namespace rqpp::test
