#include "redis/server_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/replies.h"

namespace rqpp::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

ServerCounts read(std::string cpu, std::string stats, std::string commands) {
  const std::vector<Reply> replies{test::text(std::move(cpu)), test::text(std::move(stats)),
                                   test::text(std::move(commands))};
  return read_counts(replies);
}

TEST(ServerCounts, AreReadFromThreeSections) {
  const ServerCounts counts =
      read("# CPU\r\nused_cpu_sys:1.5\r\nused_cpu_user:2.25\r\n",
           "# Stats\r\ntotal_net_input_bytes:100\r\ntotal_net_output_bytes:23\r\n"
           "total_reads_processed:7\r\n",
           "# Commandstats\r\ncmdstat_get:calls=3,usec=9,usec_per_call=3.00\r\n"
           "cmdstat_config|get:calls=1,usec=9,usec_per_call=9.00\r\n");

  EXPECT_EQ(counts.cpu, 3750ms);
  EXPECT_EQ(counts.bytes, 123);
  EXPECT_EQ(counts.reads, 7);
  EXPECT_THAT(counts.commands, ElementsAre(Pair("config|get", 1), Pair("get", 3)));
  EXPECT_EQ(counts.total(), 4);
}

TEST(ServerCounts, PreferTheThreadThatExecutesCommands) {
  const ServerCounts counts = read(
      "used_cpu_sys:10\r\nused_cpu_user:10\r\nused_cpu_sys_main_thread:0.5\r\n"
      "used_cpu_user_main_thread:0.25\r\n",
      "", "");

  EXPECT_EQ(counts.cpu, 750ms);
}

TEST(ServerCounts, OfAServerThatSaysLittleAreZero) {
  const ServerCounts counts = read("used_cpu_sys:nan\r\nused_cpu_user:-3\r\n:\r\n",
                                   "total_net_input_bytes:many\r\n", "cmdstat_get:usec=9\r\nx");

  EXPECT_EQ(counts, ServerCounts{});
  EXPECT_EQ(read_counts({}), ServerCounts{});
}

TEST(ServerCounts, BetweenTwoQuestionsAreTheDifferences) {
  const ServerCounts earlier{
      .commands = {{"get", 3}, {"set", 2}}, .cpu = 1ms, .bytes = 10, .reads = 4};
  const ServerCounts later{
      .commands = {{"get", 5}, {"set", 2}, {"del", 1}}, .cpu = 3ms, .bytes = 15, .reads = 9};

  const ServerCounts done = between(earlier, later);

  EXPECT_THAT(done.commands, ElementsAre(Pair("del", 1), Pair("get", 2)));
  EXPECT_EQ(done.cpu, 2ms);
  EXPECT_EQ(done.bytes, 5);
  EXPECT_EQ(done.reads, 5);
}

TEST(ServerCounts, OfAServerThatBeganAnewAreNotNegative) {
  const ServerCounts earlier{.commands = {{"get", 9}}, .cpu = 9ms, .bytes = 9, .reads = 9};

  const ServerCounts done = between(earlier, {.commands = {{"get", 1}}, .reads = 1});

  EXPECT_THAT(done.commands, IsEmpty());
  EXPECT_EQ(done, ServerCounts{.reads = 0});
}

}  // namespace
}  // namespace rqpp::redis
