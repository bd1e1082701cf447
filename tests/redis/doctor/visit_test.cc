// What a visit does to a server: how much it asks, what it does without, and where it gives up.

#include "doctor/visit.h"

#include <fmt/format.h>

#include <limits>

#include "doctor/command_line.h"
#include "doctor/load.h"
#include "redis/doctor/doctor_test.h"
#include "redis/link.h"
#include "redis/request.h"
#include "support/cutting_proxy.h"
#include "support/redis_state.h"

#include <rqpp/error.h>

namespace rqpp::doctor {
namespace {

using namespace std::chrono_literals;
using redis::Batch;
using redis::Connection;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

constexpr VisitOptions kShort{.window = 100ms};

class VisitTest : public DoctorTest {
 protected:
  using DoctorTest::DoctorTest;

  void fill_queue(int jobs) {
    ask("SADD", "rq:queues", "rq:queue:mail");
    constexpr int kAtOnce = 10'000;
    for (int begin = 0; begin < jobs; begin += kAtOnce) {
      Batch batch;
      batch.add("RPUSH", "rq:queue:mail");
      for (int i = 0; i < kAtOnce; ++i) batch.more("j" + std::to_string(begin + i));
      connection.run(batch);
    }
  }
  redis::Settings user(const std::string& name, const std::vector<std::string>& rules) {
    Batch batch;
    batch.add("ACL", "SETUSER", name, "on", ">secret").more_of(rules);
    connection.run(batch);
    redis::Settings settings = server.settings();
    settings.username = name;
    settings.password = "secret";
    return settings;
  }
  /// How many commands Redis has executed, before this question.
  std::int64_t executed() {
    const std::string stats = ask("INFO", "stats").text;
    const std::string name = "total_commands_processed:";
    return std::stol(stats.substr(stats.find(name) + name.size()));
  }
  std::map<std::string, std::int64_t> counts_of_visit(const VisitOptions& options) {
    test::reset_counts(connection);
    examine(options);
    return test::command_counts(connection);
  }
};

// ---- what it asks

TEST_F(VisitTest, AsksAsMuchForAnyBacklog) {
  fill_queue(10'000);
  const auto few = counts_of_visit(kShort);
  fill_queue(200'000);
  const auto many = counts_of_visit(kShort);

  EXPECT_EQ(few, many);
  EXPECT_LE(test::total(many), 150);
}

TEST_F(VisitTest, LooksAtABoundedNumberOfKeys) {
  Batch batch;
  for (int i = 0; i < 20'000; ++i) batch.add("SET", "k" + std::to_string(i), "v");
  connection.run(batch);

  const auto counts = counts_of_visit({.window = 100ms, .keys = 1'000});

  EXPECT_GE(counts.at("type"), 1'000);
  EXPECT_LE(counts.at("type"), 1'200);
  EXPECT_LE(counts.at("scan"), 12);
}

/// All commands that other connections send, until this ends.
class Listener {
 public:
  explicit Listener(const redis::Settings& settings) : link_(settings) {
    link_.start();
    while (!link_.ready()) link_.wait({});
    redis::append_command(link_.output(), {"MONITOR"});
    link_.flush();
    while (!link_.next()) link_.wait({});
  }
  /// Until somebody says ECHO <word>.
  std::vector<std::vector<std::string>> calls_until(const std::string& word) {
    std::vector<std::vector<std::string>> calls;
    for (;;) {
      link_.wait({});
      while (const auto reply = link_.next()) {
        // As MONITOR writes them; none of ours has a quote within.
        std::vector<std::string> words;
        for (std::size_t at = reply->text.find('"'); at != std::string::npos;) {
          const std::size_t end = reply->text.find('"', at + 1);
          words.push_back(reply->text.substr(at + 1, end - at - 1));
          at = reply->text.find('"', end + 1);
        }
        if (words.size() == 2 && words[1] == word) return calls;
        calls.push_back(std::move(words));
      }
    }
  }

 private:
  redis::Link link_;
};

TEST_F(VisitTest, CallsNothingWhoseCostGrows) {
  fill_queue(20'000);
  Batch batch;
  for (int i = 0; i < 3'000; ++i) {
    batch.add("SADD", "members", i);
    batch.add("HSET", "rq:job:j" + std::to_string(i), "status", "queued", "data", "x");
    batch.add("SADD", "rq:workers", "rq:worker:w" + std::to_string(i));
    batch.add("RPUSH", "rq:queue:mail:intermediate", "j" + std::to_string(i));
  }
  connection.run(batch);
  std::vector<Connection> crowd;
  for (int i = 0; i < 150; ++i) {
    crowd.emplace_back(server.settings());
    crowd.back().run(Batch().add("PING"));
  }
  Listener listener(server.settings());

  examine(kShort);
  ask("ECHO", "over");

  const auto calls = listener.calls_until("over");
  EXPECT_THAT(calls, SizeIs(testing::Gt(1'000U)));
  for (const auto& words : calls) {
    ASSERT_FALSE(words.empty());
    const std::string name = command_of(words);
    EXPECT_THAT((std::set<std::string>{"KEYS", "SMEMBERS", "HGETALL", "ZRANGE", "SORT", "FLUSHALL",
                                       "DEBUG", "MONITOR"}),
                Not(Contains(name)));
    EXPECT_LE(words.size(), 103U) << name;  // CLIENT LIST ID and a hundred numbers
    // Bounded by their arguments.
    if (name == "LRANGE") {
      EXPECT_LT(std::stol(words.at(3)), 100);
    } else if (name == "SSCAN" || name == "SCAN" || name == "SLOWLOG GET") {
      EXPECT_EQ(words.back(), "100");
    } else if (name == "CLIENT LIST") {
      EXPECT_GT(words.size(), 3U) << "of all 150 at once";
    }
  }
}

TEST_F(VisitTest, WritesNothing) {
  fill_queue(100);
  ask("HSET", "rq:job:j1", "status", "odd");
  ask("SADD", "rq:workers", "rq:worker:dead");
  const std::string keys = test::dump_keys(connection);

  const Facts facts = examine(kShort);

  EXPECT_EQ(test::dump_keys(connection), keys);
  EXPECT_EQ(facts.before.changes, facts.after.changes);
}

TEST_F(VisitTest, SaysWhatItCost) {
  fill_queue(100);
  const std::int64_t before = executed();

  const Facts facts = examine(kShort);

  constexpr int kGreeting = 2;  // its name, and PING
  EXPECT_EQ(facts.cost.commands, executed() - before - kGreeting - 1) << "less this test's INFO";
  EXPECT_GT(facts.cost.usec, 0);
  EXPECT_LT(facts.cost.usec, 1e6 * facts.cost.seconds);
  EXPECT_GT(facts.cost.bytes_out, 1'000);
  EXPECT_GT(facts.cost.bytes_in, 5'000);
}

TEST_F(VisitTest, LeavesItselfOutOfTheLoad) {
  const Facts facts = examine({.window = 300ms});

  EXPECT_THAT(load_between(facts.before, facts.after, facts.own_calls).commands, IsEmpty());
}

TEST_F(VisitTest, SeesManyClientsByTheirNumbers) {
  std::vector<Connection> crowd;
  for (int i = 0; i < 150; ++i) {
    redis::Settings settings = server.settings();
    settings.client_name = fmt::format("web-{}", i);
    crowd.emplace_back(settings);
    crowd.back().run(Batch().add("PING"));
  }

  const Facts facts = examine(kShort);

  ASSERT_TRUE(facts.clients);
  EXPECT_EQ(facts.clients->connected, 150);
  EXPECT_EQ(facts.clients->looked_at, 150);
  EXPECT_THAT(facts.clients->groups, Contains(AllOf(Field(&ClientGroup::who, "web-*"),
                                                    Field(&ClientGroup::clients, 150))));
}

// ---- MONITOR

TEST_F(VisitTest, NamesKeysAndClientsByMonitor) {
  redis::Settings named = server.settings();
  named.client_name = "web-1";
  const Crowd crowd(named, 1, [](Connection& each) {
    each.run(Batch().add("GET", "user:12"));
    std::this_thread::sleep_for(1ms);
  });

  const Facts facts = examine({.window = 100ms,
                               .monitor = 500ms,
                               .most_cpu_to_monitor = std::numeric_limits<double>::infinity()});

  ASSERT_TRUE(facts.monitored);
  EXPECT_GT(facts.monitored->lines, 10);
  EXPECT_THAT(facts.monitored->uses,
              Contains(AllOf(Field(&Use::command, "GET"), Field(&Use::pattern, "user:*"))));
  EXPECT_THAT(notices, Contains(HasSubstr("MONITOR for 500 ms")));
}

TEST_F(VisitTest, DoesNotMonitorForSomebodyImpatient) {
  impatient = true;

  EXPECT_FALSE(examine({.window = 100ms, .monitor = 3'600s}).monitored);
}

TEST_F(VisitTest, DoesNotMonitorAServerAtItsLimit) {
  const Facts facts = examine({.window = 100ms, .monitor = 500ms, .most_cpu_to_monitor = -1});

  EXPECT_FALSE(facts.monitored);
  ASSERT_THAT(facts.unseen, SizeIs(1));
  EXPECT_EQ(facts.unseen[0].what, "what MONITOR shows");
  EXPECT_THAT(facts.unseen[0].why, HasSubstr("--force"));
}

// ---- what it does without

TEST_F(VisitTest, GoesOnWithoutRights) {
  fill_queue(100);
  const Facts facts =
      examine(user("poor", {"+info", "+ping"}), {.window = 100ms, .monitor = 100ms});

  EXPECT_THAT(facts.server.version, MatchesRegex("[0-9]+[.][0-9.]+"));
  EXPECT_FALSE(facts.slow_log);
  EXPECT_FALSE(facts.clients);
  EXPECT_FALSE(facts.monitored);
  std::vector<std::string> unseen;
  for (const Unseen& each : facts.unseen) {
    unseen.push_back(each.what);
    EXPECT_THAT(each.why, HasSubstr("NOPERM"));
  }
  EXPECT_THAT(unseen,
              ::testing::UnorderedElementsAre("settings (CONFIG GET)", "RQ's queues and workers",
                                              "keys", "the clients (CLIENT LIST)", "the slow log",
                                              "latencies", "what MONITOR shows"));
  EXPECT_THAT(diagnose(facts), IsEmpty());
}

TEST_F(VisitTest, SaysWhatItNeedsAtLeast) {
  const redis::Settings settings = user("none", {"+ping"});

  try {
    examine(settings, kShort);
    FAIL() << "it knows something";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("does not let this user ask for INFO"),
                                    HasSubstr("ACL SETUSER name +info")));
  }
}

TEST_F(VisitTest, GoesOnWithoutTheTypesOfKeys) {
  ask("SET", "session:1", "v");
  const Facts facts = examine(user("blind", {"+@all", "-type", "-pttl", "~*"}), kShort);

  EXPECT_THAT(facts.unseen, Contains(Field(&Unseen::what, "the types of keys")));
  EXPECT_EQ(facts.keys->looked_at, 0);
}

class ManagedServer : public VisitTest {
 protected:
  ManagedServer()
      : VisitTest({"--rename-command", "CONFIG", "", "--rename-command", "SLOWLOG", "",
                   "--rename-command", "LATENCY", "", "--rename-command", "MONITOR", ""}) {}
};

TEST_F(ManagedServer, IsExaminedWithoutTheCommandsThatItLacks) {
  const Facts facts = examine({.window = 100ms, .monitor = 100ms});

  EXPECT_THAT(facts.unseen, Contains(AllOf(Field(&Unseen::what, "the slow log"),
                                           Field(&Unseen::why, HasSubstr("unknown command")))));
  EXPECT_THAT(facts.unseen, SizeIs(4));
  EXPECT_TRUE(facts.clients);
}

TEST_F(VisitTest, TakesAReplicaForWhatItIs) {
  const redis::Settings master = server.tcp_settings();
  ask("CONFIG", "SET", "repl-diskless-sync-delay", 0);
  const sandbox::EphemeralServer replica(
      {.arguments = {"--replicaof", master.host + " " + std::to_string(master.port)}});
  Connection other(replica.settings());
  while (other.run(Batch().add("INFO", "replication")).at(0).text.find("master_link_status:up") ==
         std::string::npos) {
    std::this_thread::sleep_for(10ms);
  }

  const Facts facts = examine(replica.settings(), kShort);

  EXPECT_THAT(diagnose(facts), Contains(Field(&Finding::id, "replica")));
}

class ClusterNode : public VisitTest {
 protected:
  ClusterNode() : VisitTest({"--cluster-enabled", "yes", "--cluster-port", "0"}) {}
};

TEST_F(ClusterNode, IsTakenForOneOfMany) {
  const Facts facts = examine(kShort);

  EXPECT_THAT(diagnose(facts), Contains(Field(&Finding::id, "cluster")));
}

// ---- where it gives up

std::string error_of(const std::function<void()>& action) {
  try {
    action();
    return "none";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST_F(VisitTest, SaysAtWhatARedisDidNotAnswer) {
  test::CuttingProxy proxy(server.settings().unix_path);
  redis::Settings settings = proxy.settings();
  settings.io_timeout = 100ms;
  const VisitSurroundings surroundings{
      .wait = [&proxy](std::chrono::milliseconds) { proxy.swallow_replies(); },
      .impatient = [] { return false; },
      .notice = [](std::string_view) {}};

  EXPECT_THAT(error_of([&] { visit(settings, kShort, surroundings); }),
              AllOf(HasSubstr("The visit ended while it asked for INFO: "),
                    HasSubstr("did not answer within 100 ms")));
}

TEST_F(VisitTest, SaysAtWhatARedisWentAway) {
  const VisitSurroundings surroundings{.wait = [this](std::chrono::milliseconds) { server.stop(); },
                                       .impatient = [] { return false; },
                                       .notice = [](std::string_view) {}};

  EXPECT_THAT(error_of([&] { visit(server.settings(), kShort, surroundings); }),
              HasSubstr("The visit ended while it asked for INFO: "));
}

TEST_F(VisitTest, SaysThatNobodyIsThere) {
  redis::Settings settings = server.tcp_settings();
  settings.port = 1;

  EXPECT_THAT(error_of([&] { examine(settings, kShort); }), HasSubstr("connection refused"));
}

// ---- hostile contents

TEST_F(VisitTest, SurvivesNamesOfAnyKind) {
  const std::string escape = "\x1b]0;pwned\x07\n\xff\x00";
  ask("SET", escape, "v");
  ask("SET", std::string(5'000'000, 'k'), "v");
  ask("SADD", "rq:queues", "rq:queue:" + escape, "not a queue",
      "rq:queue:" + std::string(100'000, 'q'));
  ask("SADD", "rq:workers", escape, std::string(1'000'000, 'w'));
  ask("RPUSH", "rq:queue:" + escape, "j1");
  ask("SET", "rq:wip:" + escape, "not a sorted set");
  ask("CONFIG", "SET", "slowlog-log-slower-than", 0);
  ask("SET", escape, std::string(1'000, '\x1b'));
  ask("EVAL", "return 1 -- \x1b[2J", 1, escape);

  const Facts facts = examine(kShort);

  EXPECT_EQ(facts.rq->queues.size(), 1U);
  EXPECT_LE(facts.cost.bytes_in, 20'000'000);
  for (const SlowCalls& calls : facts.slow_log->calls) {
    EXPECT_LE(calls.pattern.size(), kMostNameBytes + 32);
  }
}

}  // namespace
}  // namespace rqpp::doctor
