#include "doctor/diagnose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "doctor/repair.h"

namespace rqpp::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// One line for each finding: `warning costly-command: KEYS takes …`.
std::string to_text(const std::vector<Finding>& findings) {
  constexpr const char* kWords[] = {"note", "warning", "critical"};
  std::string text = "\n";
  for (const Finding& finding : findings) {
    text += fmt::format("{} {}: {}\n", kWords[static_cast<int>(finding.severity)], finding.id,
                        finding.title);
  }
  return text;
}

/// Ten seconds in which Redis used `cpu` of a core.
Facts facts_with(double cpu, std::map<std::string, CommandCount> by_command) {
  Facts facts;
  facts.before.at_seconds = 0;
  facts.before.cpu_seconds = 0;
  facts.after.at_seconds = 10;
  facts.after.cpu_seconds = 10 * cpu;
  facts.after.by_command = std::move(by_command);
  return facts;
}

TEST(Diagnose, FindsNothingWhereNothingIs) {
  EXPECT_THAT(diagnose({}), IsEmpty());
  EXPECT_THAT(diagnose(facts_with(0.5, {{"get", {.calls = 100'000, .usec = 100'000}}})), IsEmpty());
}

TEST(Diagnose, PutsTheDearestCauseFirst) {
  const Facts facts = facts_with(0.9, {{"smembers", {.calls = 100, .usec = 500'000}},
                                       {"keys", {.calls = 500, .usec = 5'000'000}},
                                       {"evalsha", {.calls = 900, .usec = 2'700'000}}});

  EXPECT_EQ(to_text(diagnose(facts)), R"(
critical costly-command: KEYS takes 56 % of Redis' CPU: 50 calls per second, 10 ms each
critical heavy-script: Scripts by EVALSHA take 30 % of Redis' CPU: 90 calls per second, 3 ms each
warning costly-command: SMEMBERS takes 5.6 % of Redis' CPU: 10 calls per second, 5 ms each
)");
}

TEST(Diagnose, SaysHowLongTheSlowestOfAHundredCallsTook) {
  Facts facts = facts_with(0.9, {{"keys", {.calls = 500, .usec = 5'000'000}}});
  facts.latencies["keys"] = {9'000, 15'000, 20'000};

  EXPECT_EQ(to_text(diagnose(facts)), R"(
critical costly-command: KEYS takes 56 % of Redis' CPU: 50 calls per second, 10 ms each (p99 since the start 15 ms)
)");
}

TEST(Diagnose, KnowsTheScanFormOfEachCostlyCommand) {
  for (const char* name : {"keys", "smembers", "zrange", "lrange", "hgetall", "sunion", "sort"}) {
    const auto findings = diagnose(facts_with(0.9, {{name, {.calls = 1'000, .usec = 5'000'000}}}));

    ASSERT_THAT(findings, SizeIs(1)) << name;
    EXPECT_THAT(findings[0].cure, ::testing::AnyOf(HasSubstr("SCAN"), HasSubstr("LRANGE key 0 99"),
                                                   HasSubstr("ZRANGE key 0 99")))
        << name;
  }
}

TEST(Diagnose, LeavesShortCallsOfSuchCommandsAlone) {
  EXPECT_THAT(diagnose(facts_with(0.9, {{"hgetall", {.calls = 300'000, .usec = 3'000'000}},
                                        {"zrange", {.calls = 300'000, .usec = 3'000'000}}})),
              IsEmpty());
}

TEST(Diagnose, NotesEvenAHarmlessKeys) {
  EXPECT_EQ(to_text(diagnose(facts_with(0.1, {{"keys", {.calls = 1, .usec = 30}}}))), R"(
note costly-command: KEYS takes 0 % of Redis' CPU: 0.1 calls per second, 30 µs each
)");
}

TEST(Diagnose, NamesWhoCallsIt) {
  Facts facts = facts_with(0.9, {{"keys", {.calls = 500, .usec = 5'000'000}}});
  facts.monitored = Monitored{.seconds = 2,
                              .lines = 100,
                              .uses = {{"KEYS", "user:*", 100, 0, {{"web-*", 90}, {"cron", 10}}}}};
  facts.slow_log = SlowLog{1, {{"KEYS", "user:*", 7, 20'000, 90'000, 3, "web-*"}}};
  facts.clients = Clients{5, 5, {{.who = "web-*", .clients = 4, .last_commands = {{"KEYS", 3}}}}};

  const auto findings = diagnose(facts);

  ASSERT_THAT(findings, SizeIs(1)) << "the slow log is not told again";
  EXPECT_THAT(findings[0].offenders,
              ElementsAre("user:*: 50/s, by web-*",
                          "user:*: 7 in the slow log, up to 20 ms, the last 3 s ago by web-*",
                          "3 of 4 clients of web-* called it last"));
}

TEST(Diagnose, FindsInTheSlowLogWhatStatisticsHide) {
  Facts facts;
  facts.slow_log = SlowLog{5,
                           {{"EVALSHA", "script 1a2b3c4d", 1, 250'000, 250'000, 60, "web-*"},
                            {"ZRANGE", "scores", 2, 12'000, 20'000, 60, ""},
                            {"SMEMBERS", "ids", 9, 900'000, 2'000'000, 999'999, ""}}};

  EXPECT_EQ(to_text(diagnose(facts)), R"(
warning slow-calls: EVALSHA was slow 1 time, up to 250 ms, the last time 60 s ago
)") << "not what was slow twice for 12 ms, nor days ago";
}

TEST(Diagnose, FindsFloodsOfChecks) {
  const auto findings =
      diagnose(facts_with(0.9, {{"exists", {.calls = 400'000, .usec = 400'000}}}));

  EXPECT_EQ(to_text(findings), R"(
critical id-checks: EXISTS is called 40,000 times per second: with its way in and out 100 % of Redis' CPU
)");
  EXPECT_THAT(findings[0].cure, HasSubstr("rqpp::IdCache"));
}

TEST(Diagnose, TellsReadsThatFindNothingFromThoseThatDo) {
  Facts facts = facts_with(0.9, {{"get", {.calls = 400'000, .usec = 400'000}}});
  facts.before.hits = facts.before.misses = facts.before.reads = 0;
  facts.after.reads = 400'000;
  facts.after.hits = 380'000;
  facts.after.misses = 20'000;
  EXPECT_THAT(to_text(diagnose(facts)), HasSubstr("\nnote read-flood: GET"));

  facts.after.hits = 20'000;
  facts.after.misses = 380'000;
  EXPECT_THAT(to_text(diagnose(facts)), HasSubstr("\nwarning read-flood: GET"));

  facts.after.reads = 4'000;  // a hundred commands in each
  EXPECT_THAT(diagnose(facts), IsEmpty());
}

TEST(Diagnose, FindsClientsWithoutPipelines) {
  Facts facts = facts_with(0.85, {{"set", {.calls = 300'000, .usec = 600'000}}});
  facts.before.reads = 0;
  facts.after.reads = 300'000;
  facts.clients = Clients{3, 3, {{.who = "web-*", .clients = 3, .active = 2}}};

  const auto findings = diagnose(facts);

  EXPECT_EQ(to_text(findings), R"(
critical no-pipelining: 93 % of Redis' CPU goes into 30,000 requests per second with 1 commands each
)");
  EXPECT_THAT(findings[0].offenders, ElementsAre("web-*: 2 of 3 clients active"));
}

TEST(Diagnose, FindsPolling) {
  Facts facts = facts_with(0.2, {{"lpop", {.calls = 5'000, .usec = 5'000}},
                                 {"llen", {.calls = 30'000, .usec = 30'000}}});
  facts.before.changes = facts.after.changes = 5;

  EXPECT_EQ(to_text(diagnose(facts)), R"(
warning polling: LLEN is called 3,000 times per second: with its way in and out 86 % of Redis' CPU
warning polling: At least 500 times per second somebody takes from an empty list
)");
}

TEST(Diagnose, FindsConnectionsThatComeAndGo) {
  Facts facts = facts_with(0.2, {});
  facts.before.connections = 0;
  facts.after.connections = 900;
  facts.clients = Clients{9, 9, {{.who = "10.0.0.9", .clients = 9, .young = 9}}};

  const auto findings = diagnose(facts);

  EXPECT_EQ(to_text(findings), "\nwarning connection-churn: 90 new connections per second\n");
  EXPECT_THAT(findings[0].offenders, ElementsAre("10.0.0.9: 9 of 9 clients are new"));
}

TEST(Diagnose, FindsErrorsRefusalsAndSlowReaders) {
  Facts facts = facts_with(0.2, {});
  facts.before.errors = {{"WRONGTYPE", 100}};
  facts.after.errors = {{"WRONGTYPE", 2'100}};
  facts.before.rejected_connections = 3;
  facts.after.rejected_connections = 5;
  facts.after.clients = 100;
  facts.after.max_clients = 100;
  facts.clients = Clients{1, 1, {{.who = "web", .clients = 1, .output_bytes = 100'000'000}}};

  EXPECT_EQ(to_text(diagnose(facts)), R"(
critical clients-full: 2 connections were refused: maxclients is 100
warning errors: Redis answers 200 commands per second by an error
warning slow-reader: 100 MB waits in Redis for clients of web to read it
)");
}

// ---- keys

TEST(Diagnose, FindsBigKeys) {
  Facts facts;
  facts.keys = KeySample{.looked_at = 4,
                         .in_database = 4,
                         .biggest = {{"timeline", "list", 900'000, {}, false},
                                     {"ids", "set", 250'000, 12'000'000, false},
                                     {"page", "string", 20'000'000, {}, true},
                                     {"rq:queue:mail", "list", 5'000'000, {}, false},
                                     {"small", "hash", 99, 2'000, false}}};

  EXPECT_EQ(to_text(diagnose(facts)), R"(
warning big-key: The set ids is big: 250,000 elements, 12 MB of memory
warning big-key: The string page is big: 20 MB
)");
}

TEST(Diagnose, FindsListsThatOnlyGrow) {
  Facts facts = facts_with(0.1, {});
  facts.keys = KeySample{
      .biggest = {{.name = "events", .type = "stream", .length = 50'000, .growth = 900},
                  {.name = "work", .type = "list", .length = 2'000, .growth = 30},
                  {.name = "short", .type = "list", .length = 20, .growth = 20},
                  {.name = "rq:queue:mail", .type = "list", .length = 50'000, .growth = 900},
                  {.name = "drained", .type = "list", .length = 50'000, .growth = -900}}};

  EXPECT_EQ(to_text(diagnose(facts)), R"(
warning list-grows: The stream events grows by 90 elements per second, to 50,000 now
note list-grows: The list work grows by 3 elements per second, to 2,000 now
)");
}

TEST(Diagnose, FindsKeysThatShouldExpire) {
  Facts facts;
  facts.keys = KeySample{.looked_at = 400,
                         .in_database = 40'000,
                         .groups = {{"session:*", "hash", 200, 200, 0, 0},
                                    {"user:*", "hash", 100, 100, 0, 0},
                                    {"job:*", "string", 60, 30, 0, 0},
                                    {"cache:*", "string", 40, 0, 0, 0}}};

  EXPECT_EQ(to_text(diagnose(facts)), R"(
warning no-expiry: About 20,000 keys session:* never expire
warning no-expiry: About 3,000 keys job:* never expire
)");
}

TEST(Diagnose, AdvisesSmallerStreamNodesForManyResults) {
  Facts facts;
  facts.keys = KeySample{.looked_at = 1'000,
                         .in_database = 50'000,
                         .groups = {{"rq:results:*", "stream", 500, 0, 500, 1}}};
  facts.server.config["stream-node-max-bytes"] = "4096";
  EXPECT_EQ(to_text(diagnose(facts)), R"(
note stream-nodes: About 25,000 streams of results take 4 kB each, however short they are
)");

  facts.server.config["stream-node-max-bytes"] = "512";
  EXPECT_THAT(diagnose(facts), IsEmpty());
}

// ---- the server

TEST(Diagnose, FindsAnEvictionPolicyThatEatsJobs) {
  Facts facts;
  facts.rq = RqFacts{};
  facts.server.config["maxmemory-policy"] = "allkeys-lru";
  facts.after.max_memory = 1'000'000;
  EXPECT_EQ(to_text(diagnose(facts)),
            "\ncritical eviction: maxmemory-policy allkeys-lru may throw jobs that wait away\n");

  facts.server.config["maxmemory-policy"] = "volatile-ttl";
  EXPECT_EQ(to_text(diagnose(facts)), R"(
warning eviction: maxmemory-policy volatile-ttl may throw results and the hashes of workers away
)");

  facts.server.config["maxmemory-policy"] = "noeviction";
  EXPECT_THAT(diagnose(facts), IsEmpty());
}

TEST(Diagnose, LeavesTheEvictionPolicyOfACacheAlone) {
  Facts facts;
  facts.server.config["maxmemory-policy"] = "allkeys-lru";
  facts.after.max_memory = 1'000'000;

  EXPECT_THAT(diagnose(facts), IsEmpty());
}

TEST(Diagnose, FindsMemoryThatIsFullFragmentedOrSwapped) {
  Facts facts;
  facts.after.memory = 960'000'000;
  facts.after.max_memory = 1'000'000'000;
  facts.after.rss = 2'000'000'000;
  facts.after.fragmentation = 2.08;
  EXPECT_EQ(to_text(diagnose(facts)), R"(
critical memory-full: 96 % of maxmemory are in use: 960 MB of 1 GB
warning fragmentation: Memory is fragmented: Redis holds 2 GB for 960 MB of data
)");

  facts.after.max_memory = 0;
  facts.after.rss = 500'000'000;
  facts.after.fragmentation = 0.52;
  EXPECT_EQ(to_text(diagnose(facts)),
            "\ncritical swapped: A part of Redis' memory is swapped out: 500 MB of 960 MB are in "
            "memory\n");
}

TEST(Diagnose, FindsDangerousPersistence) {
  Facts facts;
  facts.server.config = {{"appendonly", "yes"}, {"appendfsync", "always"}, {"save", "3600 1 5 10"}};
  facts.server.background_save_failed = true;

  EXPECT_EQ(to_text(diagnose(facts)), R"(
critical persistence-failed: Redis cannot write its snapshot
warning persistence: appendfsync always: each write waits for the disk
warning persistence: save 3600 1 5 10: Redis forks and writes all its data each 5 s
)");
}

TEST(Diagnose, NotesQueuesThatNoDiskHolds) {
  Facts facts;
  facts.rq = RqFacts{};
  facts.server.config = {{"appendonly", "no"}, {"save", ""}};

  EXPECT_EQ(to_text(diagnose(facts)),
            "\nnote persistence: Nothing is written to disk: jobs are gone when Redis ends\n");
}

TEST(Diagnose, FindsASlowLogThatIsOfNoUse) {
  Facts facts;
  facts.server.config["slowlog-log-slower-than"] = "-1";
  EXPECT_EQ(to_text(diagnose(facts)), "\nwarning slow-log: The slow log is off\n");

  facts.server.config["slowlog-log-slower-than"] = "0";
  EXPECT_EQ(to_text(diagnose(facts)), "\nwarning slow-log: The slow log takes every command\n");
}

TEST(Diagnose, SaysThatItSawOneNodeOrAReplica) {
  Facts facts;
  facts.server.mode = "cluster";
  facts.server.role = "slave";

  EXPECT_EQ(to_text(diagnose(facts)), R"(
note cluster: This is one node of a cluster: the others were not looked at
note replica: This is a replica: it shows what its master wrote, and only its own readers
)");
}

TEST(Diagnose, FindsPauses) {
  Facts facts;
  facts.latency_events = {{"fork", 30, 700, 900},
                          {"expire-cycle", 30, 120, 120},
                          {"command", 30, 900, 900},
                          {"aof-fsync-always", 99'999, 900, 900}};

  EXPECT_EQ(to_text(diagnose(facts)), R"(
warning latency-event: Redis paused for 700 ms (fork), 30 s ago; 900 ms at worst
note latency-event: Redis paused for 120 ms (expire-cycle), 30 s ago; 120 ms at worst
)");
}

// ---- jobs

Facts with_queue(const QueueFacts& queue) {
  Facts facts = facts_with(0.1, {});
  facts.rq = RqFacts{.queues_registered = 1, .queues = {queue}};
  return facts;
}

TEST(Diagnose, FindsAQueueThatOnlyGrows) {
  const auto alone =
      diagnose(with_queue({.name = "a b", .length_before = 100, .length_after = 600}));
  EXPECT_EQ(to_text(alone), R"(
warning queue-grows: Queue a b grows by 50 jobs per second, to 600 now; no worker listens to it
)");
  EXPECT_THAT(alone[0].cure, HasSubstr("`rqpp worker 'a b'`"));

  EXPECT_EQ(to_text(diagnose(with_queue(
                {.name = "mail", .length_before = 100, .length_after = 600, .workers = 2}))),
            R"(
note queue-grows: Queue mail grows by 50 jobs per second, to 600 now; 2 workers cannot keep up
)");
  EXPECT_EQ(to_text(diagnose(with_queue(
                {.name = "mail", .length_before = 20'000, .length_after = 20'600, .workers = 2}))),
            R"(
warning queue-grows: Queue mail grows by 60 jobs per second, to 20,600 now; 2 workers cannot keep up
)");
  EXPECT_THAT(diagnose(with_queue({.name = "mail", .length_before = 600, .length_after = 100})),
              IsEmpty());
}

TEST(Diagnose, FindsWhatDeadWorkersLeave) {
  Facts facts = with_queue({.name = "mail",
                            .workers = 3,
                            .abandoned = 4,
                            .failed = 200'000,
                            .intermediate = 2,
                            .stuck = {"j1", "j2"}});
  facts.rq->workers_registered = 9;
  facts.rq->workers_looked_at = 9;
  facts.rq->dead_workers = {"a", "b", "c", "d", "e", "f", "g"};

  const auto findings = diagnose(facts);

  EXPECT_EQ(to_text(findings), R"(
warning stuck-jobs: 2 jobs stuck between queue mail and its workers
warning abandoned-runs: 4 runs of queue mail abandoned for 5 min or longer
warning dead-workers: Dead workers: 7 of 9 that are registered
note long-registry: 200,000 failed jobs of queue mail are kept
)");
  EXPECT_THAT(findings[2].offenders, ElementsAre("a", "b", "c", "d", "e", "and 2 more"));
}

TEST(Diagnose, FindsJobsThatNobodyCanReadAndLeaks) {
  Facts facts = with_queue({.name = "mail"});
  facts.rq->jobs_looked_at = 10;
  facts.rq->broken = {{"j1", "its key is a list, not a hash"}};
  facts.rq->leaks = {{Leak::Kind::result, "j2", "rq:results:j2"},
                     {Leak::Kind::ghost, "j3", "rq:job:j3"},
                     {Leak::Kind::execution, "", "rq:executions:j4"},
                     {Leak::Kind::result, "j5", "rq:results:j5"}};

  const auto findings = diagnose(facts);

  EXPECT_EQ(to_text(findings), R"(
warning broken-jobs: Jobs that cannot be read: 1 of 10 that were looked at
warning results-for-ever: Results that would outlive their jobs for ever: 2
warning runs-for-ever: Keys of runs that never expire: 1
warning ghost-jobs: Hashes that are left of deleted jobs: 1
)");
  EXPECT_EQ(findings[1].subject, "rq:results:*");
  EXPECT_THAT(findings[1].offenders, ElementsAre("rq:results:j2", "rq:results:j5"));
}

// ---- repairs

TEST(RepairsFor, AreTheSafeOnes) {
  Facts facts = with_queue({.name = "mail", .workers = 1, .stuck = {"j1"}});
  facts.rq->dead_workers = {"w1"};
  facts.rq->broken = {{"j9", "its status is odd"}};
  facts.rq->leaks = {{Leak::Kind::result, "j2", "rq:results:j2"},
                     {Leak::Kind::ghost, "j3", "rq:job:j3"},
                     {Leak::Kind::execution, "", "rq:executions:j4"}};

  std::string text = "\n";
  for (const Repair& repair : repairs_for(facts))
    text += repair.finding + ": " + repair.text + "\n";

  EXPECT_EQ(text, R"(
dead-workers: rq:workers: SREM of each worker that has no hash
dead-workers: rq:workers:mail: SREM of each worker that has no hash
stuck-jobs: LREM rq:queue:mail:intermediate 1 j1 and LPUSH rq:queue:mail j1, if it has no run and was seen there a minute ago
results-for-ever: PEXPIRE rq:results:j2 as long as rq:job:j2 has, or EXPIRE 86400 if that is gone
ghost-jobs: EXPIRE rq:job:j3 3600, if it has no field 'data'
runs-for-ever: EXPIRE rq:executions:j4 3600, if it never expires
)");
}

TEST(RepairsFor, AreNoneWithoutJobs) { EXPECT_THAT(repairs_for({}), IsEmpty()); }

}  // namespace
}  // namespace rqpp::doctor
