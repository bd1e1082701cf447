#include "cli/server_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/replies.h"

namespace rqpp::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

doctor::Sample read(std::string cpu, std::string stats, std::string commands) {
  return read_counts(
      {test::text(std::move(cpu)), test::text(std::move(stats)), test::text(std::move(commands))});
}

TEST(ServerCounts, AreReadFromThreeSections) {
  const ServerCounts counts =
      between(read("# CPU\r\nused_cpu_sys:0.0\r\nused_cpu_user:0.0\r\n",
                   "# Stats\r\ntotal_reads_processed:0\r\n", "# Commandstats\r\n"),
              read("# CPU\r\nused_cpu_sys:1.5\r\nused_cpu_user:2.25\r\n",
                   "# Stats\r\ntotal_net_input_bytes:100\r\ntotal_net_output_bytes:23\r\n"
                   "total_reads_processed:7\r\n",
                   "# Commandstats\r\ncmdstat_get:calls=3,usec=9,usec_per_call=3.00\r\n"
                   "cmdstat_config|get:calls=1,usec=9,usec_per_call=9.00\r\n"));

  EXPECT_EQ(counts.cpu, 3750ms);
  EXPECT_EQ(counts.bytes, 123);
  EXPECT_EQ(counts.reads, 7);
  EXPECT_THAT(counts.commands, ElementsAre(Pair("config|get", 1), Pair("get", 3)));
  EXPECT_EQ(counts.total(), 4);
}

TEST(ServerCounts, PreferTheThreadThatExecutesCommands) {
  const ServerCounts counts =
      between({}, read("used_cpu_sys:10\r\nused_cpu_user:10\r\nused_cpu_sys_main_thread:0.5\r\n"
                       "used_cpu_user_main_thread:0.25\r\n",
                       "", ""));

  EXPECT_EQ(counts.cpu, 750ms);
}

TEST(ServerCounts, OfAServerThatSaysLittleAreZero) {
  EXPECT_EQ(between({}, read("used_cpu_sys:nan\r\nused_cpu_user:-3\r\n:\r\n",
                             "total_net_input_bytes:many\r\n", "cmdstat_get:usec=9\r\nx")),
            ServerCounts{});
  EXPECT_EQ(between({}, read_counts({})), ServerCounts{});
}

TEST(ServerCounts, BetweenTwoQuestionsAreTheDifferences) {
  const doctor::Sample earlier{.cpu_seconds = 0.001,
                               .reads = 4,
                               .bytes_in = 4,
                               .bytes_out = 6,
                               .by_command = {{"get", {.calls = 3}}, {"set", {.calls = 2}}}};
  const doctor::Sample later{
      .cpu_seconds = 0.003,
      .reads = 9,
      .bytes_in = 5,
      .bytes_out = 10,
      .by_command = {{"get", {.calls = 5}}, {"set", {.calls = 2}}, {"del", {.calls = 1}}}};

  const ServerCounts done = between(earlier, later);

  EXPECT_THAT(done.commands, ElementsAre(Pair("del", 1), Pair("get", 2)));
  EXPECT_EQ(done.cpu, 2ms);
  EXPECT_EQ(done.bytes, 5);
  EXPECT_EQ(done.reads, 5);
}

TEST(ServerCounts, OfAServerThatBeganAnewAreNotNegative) {
  const doctor::Sample earlier{.cpu_seconds = 9,
                               .reads = 9,
                               .bytes_in = 9,
                               .by_command = {{"get", {.calls = 9}}, {"set", {.calls = 9}}}};

  const ServerCounts done =
      between(earlier, {.cpu_seconds = 1, .reads = 1, .by_command = {{"get", {.calls = 1}}}});

  EXPECT_EQ(done, (ServerCounts{.commands = {{"get", 1}}, .reads = 1}));
}

}  // namespace
}  // namespace rqpp::cli
