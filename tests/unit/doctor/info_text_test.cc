#include "doctor/info_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// As Redis 7.0 writes it, shortened.
constexpr const char* kRedis7 =
    "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nprocess_id:42\r\n"
    "uptime_in_seconds:90061\r\n\r\n"
    "# Clients\r\nconnected_clients:12\r\nmaxclients:10000\r\nblocked_clients:3\r\n\r\n"
    "# Memory\r\nused_memory:1000000\r\nused_memory_rss:2000000\r\nmaxmemory:0\r\n"
    "mem_fragmentation_ratio:2.01\r\n\r\n"
    "# Persistence\r\nrdb_changes_since_last_save:77\r\nrdb_last_save_time:1700000000\r\n"
    "rdb_last_bgsave_status:err\r\naof_last_write_status:ok\r\n\r\n"
    "# Stats\r\ntotal_connections_received:5\r\ntotal_commands_processed:1234\r\n"
    "rejected_connections:1\r\nexpired_keys:2\r\nevicted_keys:3\r\nkeyspace_hits:4\r\n"
    "keyspace_misses:6\r\ntotal_net_input_bytes:7\r\ntotal_net_output_bytes:8\r\n"
    "total_reads_processed:900\r\n\r\n"
    "# Replication\r\nrole:master\r\n\r\n"
    "# CPU\r\nused_cpu_sys:10.5\r\nused_cpu_user:20.25\r\nused_cpu_sys_main_thread:1.5\r\n"
    "used_cpu_user_main_thread:2.25\r\n\r\n"
    "# Keyspace\r\ndb0:keys=100,expires=40,avg_ttl=1\r\ndb3:keys=7,expires=0,avg_ttl=0\r\n\r\n"
    "# Errorstats\r\nerrorstat_WRONGTYPE:count=9\r\n\r\n"
    "# Commandstats\r\ncmdstat_get:calls=21,usec=175,usec_per_call=8.33,rejected_calls=1,"
    "failed_calls=2\r\ncmdstat_config|get:calls=2,usec=20,usec_per_call=10.00,rejected_calls=0,"
    "failed_calls=0\r\n";

TEST(InfoText, IsReadAsASample) {
  const Sample sample = read_sample(parse_info(kRedis7), 1.5, 0);

  EXPECT_EQ(sample.at_seconds, 1.5);
  EXPECT_EQ(sample.cpu_seconds, 3.75) << "of the main thread";
  EXPECT_EQ(sample.commands, 1234);
  EXPECT_EQ(sample.connections, 5);
  EXPECT_EQ(sample.rejected_connections, 1);
  EXPECT_EQ(sample.reads, 900);
  EXPECT_EQ(sample.bytes_in, 7);
  EXPECT_EQ(sample.bytes_out, 8);
  EXPECT_EQ(sample.expired_keys, 2);
  EXPECT_EQ(sample.evicted_keys, 3);
  EXPECT_EQ(sample.hits, 4);
  EXPECT_EQ(sample.misses, 6);
  EXPECT_EQ(sample.changes, 77);
  EXPECT_EQ(sample.last_save, 1700000000);
  EXPECT_EQ(sample.clients, 12);
  EXPECT_EQ(sample.blocked_clients, 3);
  EXPECT_EQ(sample.max_clients, 10000);
  EXPECT_EQ(sample.memory, 1000000);
  EXPECT_EQ(sample.rss, 2000000);
  EXPECT_EQ(sample.max_memory, 0);
  EXPECT_EQ(sample.fragmentation, 2.01);
  EXPECT_EQ(sample.keys, 100);
  EXPECT_EQ(sample.keys_with_expiry, 40);
  EXPECT_THAT(sample.errors, ElementsAre(Pair("WRONGTYPE", 9)));
  EXPECT_THAT(sample.by_command,
              ElementsAre(Pair("config|get", CommandCount{.calls = 2, .usec = 20}),
                          Pair("get", CommandCount{21, 175, 1, 2})));
}

TEST(InfoText, CountsTheKeysOfTheDatabaseThatIsLookedAt) {
  EXPECT_EQ(read_sample(parse_info(kRedis7), 0, 3).keys, 7);
  EXPECT_EQ(read_sample(parse_info(kRedis7), 0, 1).keys, 0);
}

TEST(InfoText, SaysWhatKindOfServerItIs) {
  const Server server = read_server(parse_info(kRedis7));

  EXPECT_EQ(server.software, "redis");
  EXPECT_EQ(server.version, "7.0.15");
  EXPECT_EQ(server.mode, "standalone");
  EXPECT_EQ(server.role, "master");
  EXPECT_EQ(server.uptime_seconds, 90061);
  EXPECT_EQ(server.process_id, 42);
  EXPECT_TRUE(server.background_save_failed);
  EXPECT_FALSE(server.append_only_failed);
  EXPECT_THAT(server.databases, ElementsAre(Pair("db0", 100), Pair("db3", 7)));
}

TEST(InfoText, KnowsValkey) {
  const Server server = read_server(
      parse_info("# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n"
                 "server_mode:standalone\r\nrole:master\r\n"));

  EXPECT_EQ(server.software, "valkey");
  EXPECT_EQ(server.version, "8.1.0");
  EXPECT_EQ(server.mode, "standalone");
}

// No main thread, no reads, no failed calls, no errorstats, lines as Redis 5 has them.
TEST(InfoText, LeavesOpenWhatAnOldServerDoesNotTell) {
  const InfoFields info = parse_info(
      "# Server\r\nredis_version:5.0.14\r\nredis_mode:standalone\r\n# Stats\r\n"
      "total_commands_processed:10\r\n# CPU\r\nused_cpu_sys:1.000000\r\nused_cpu_user:2.000000\r\n"
      "# Commandstats\r\ncmdstat_get:calls=5,usec=50,usec_per_call=10.00\r\n");

  const Sample sample = read_sample(info, 0, 0);

  EXPECT_EQ(sample.cpu_seconds, 3);
  EXPECT_EQ(sample.reads, std::nullopt);
  EXPECT_EQ(sample.max_clients, std::nullopt);
  EXPECT_THAT(sample.errors, IsEmpty());
  EXPECT_THAT(sample.by_command, ElementsAre(Pair("get", CommandCount{.calls = 5, .usec = 50})));
}

TEST(InfoText, HasPercentilesSinceRedis7) {
  const auto latencies =
      read_latencies(parse_info("latency_percentiles_usec_get:p50=1.003,p99=2.007,p99.9=15.1\r\n"));

  EXPECT_THAT(latencies, ElementsAre(Pair("get", Percentiles{1.003, 2.007, 15.1})));
}

TEST(InfoText, TakesNumbersThatAreNone) {
  const Sample sample = read_sample(
      parse_info("used_memory:much\r\nmaxmemory:99999999999999999999\r\nused_cpu_sys:nan\r\n"
                 "used_cpu_user:inf\r\nmem_fragmentation_ratio:\r\n"
                 "cmdstat_get:calls=-5,usec=x\r\ncmdstat_:calls=1\r\ndb0:keys=,expires\r\n"),
      0, 0);

  EXPECT_EQ(sample.memory, std::nullopt);
  EXPECT_EQ(sample.max_memory, std::nullopt);
  EXPECT_EQ(sample.cpu_seconds, std::nullopt);
  EXPECT_EQ(sample.fragmentation, std::nullopt);
  EXPECT_THAT(sample.by_command, ElementsAre(Pair("get", CommandCount{})));
}

TEST(InfoText, KeepsABoundedNumberOfShortFields) {
  std::string text = "a:" + std::string(100'000, 'x') + "\r\n" + std::string(1'000, 'n') + ":1\r\n";
  for (std::size_t i = 0; i < 2 * kMostInfoFields; ++i) text += "f" + std::to_string(i) + ":1\n";

  const InfoFields info = parse_info(text);

  EXPECT_EQ(info.size(), kMostInfoFields);
  EXPECT_EQ(info.at("a").size(), kMostNameBytes);
}

}  // namespace
}  // namespace rqpp::doctor
