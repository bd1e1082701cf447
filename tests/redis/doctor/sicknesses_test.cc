// Sicknesses planted in a Redis of each test's own, by real clients: the doctor names each.

#include <fmt/format.h>

#include "base/clock.h"
#include "doctor/repair.h"
#include "redis/doctor/doctor_test.h"

namespace rqpp::doctor {
namespace {

using namespace std::chrono_literals;
using redis::Batch;
using redis::Connection;
using ::testing::Contains;
using ::testing::HasSubstr;

class Sickness : public DoctorTest {
 protected:
  using DoctorTest::DoctorTest;

  /// `count` words a0, a1, … behind a command and its key, a thousand at a time.
  void fill(const std::string& command, const std::string& key, int count) {
    constexpr int kAtOnce = 1'000;
    for (int begin = 0; begin < count; begin += kAtOnce) {
      Batch batch;
      batch.add(command, key);
      for (int i = begin; i < std::min(begin + kAtOnce, count); ++i) {
        if (command == "ZADD") batch.more(i);
        batch.more("a" + std::to_string(i));
        if (command == "HSET") batch.more("v");
      }
      connection.run(batch);
    }
  }
  /// Keys `<prefix>0`, `<prefix>1`, ….
  void fill_keys(const std::string& prefix, int count) {
    constexpr int kAtOnce = 1'000;
    for (int begin = 0; begin < count; begin += kAtOnce) {
      Batch batch;
      for (int i = begin; i < std::min(begin + kAtOnce, count); ++i) {
        batch.add("SET", prefix + std::to_string(i), "v");
      }
      connection.run(batch);
    }
  }
  /// Clients that send such commands one by one.
  Crowd crowd(int threads, const Batch& batch) {
    return Crowd(server.settings(), threads, [batch](Connection& each) { each.try_run(batch); });
  }
};

// ---- commands

TEST_F(Sickness, Keys) {
  fill_keys("user:", 20'000);
  const Crowd lists(server.settings(), 1, [](Connection& each) {
    each.run(Batch().add("KEYS", "user:12*"));
    std::this_thread::sleep_for(5ms);
  });

  ASSERT_TRUE(finds("costly-command", "KEYS")) << all_found();

  EXPECT_GT(found.share.value(), 0.1);
  EXPECT_THAT(found.cure, HasSubstr("`SCAN cursor MATCH pattern COUNT 100`"));
}

TEST_F(Sickness, WholeSets) {
  fill("SADD", "ids", 20'000);
  const Crowd lists = crowd(1, Batch().add("SMEMBERS", "ids"));

  EXPECT_TRUE(finds("costly-command", "SMEMBERS")) << all_found();
}

TEST_F(Sickness, WholeRangesOfSortedSets) {
  fill("ZADD", "scores", 20'000);
  const Crowd lists = crowd(1, Batch().add("ZRANGE", "scores", 0, -1));

  EXPECT_TRUE(finds("costly-command", "ZRANGE")) << all_found();
}

TEST_F(Sickness, WholeHashesAndListsAndSorting) {
  fill("HSET", "fields", 20'000);
  fill("RPUSH", "items", 20'000);
  const Crowd lists = crowd(
      1,
      Batch().add("HGETALL", "fields").add("LRANGE", "items", 0, -1).add("SORT", "items", "ALPHA"));

  EXPECT_TRUE(finds("costly-command", "HGETALL")) << all_found();
  EXPECT_TRUE(finds("costly-command", "LRANGE")) << all_found();
  EXPECT_TRUE(finds("costly-command", "SORT")) << all_found();
}

TEST_F(Sickness, LongScripts) {
  ask("CONFIG", "SET", "slowlog-log-slower-than", 100);  // on a fast machine, too
  const Crowd scripts = crowd(
      1, Batch().add("EVAL", "for i = 1, 20000 do redis.call('INCR', KEYS[1]) end", 1, "total"));

  ASSERT_TRUE(finds("heavy-script", "EVAL")) << all_found();

  EXPECT_THAT(found.offenders, Contains(HasSubstr("on total"))) << "from the slow log";
}

TEST_F(Sickness, ChecksOfIds) {
  fill_keys("user:", 100);
  const Crowd checks = crowd(3, Batch().add("EXISTS", "user:12"));

  ASSERT_TRUE(finds("id-checks", "EXISTS")) << all_found();

  EXPECT_THAT(found.cure, HasSubstr("rqpp::IdCache"));
}

TEST_F(Sickness, ClientsWithoutPipelines) {
  const Crowd chatter = crowd(4, Batch().add("INCR", "hits"));

  EXPECT_TRUE(finds("no-pipelining")) << all_found();
}

TEST_F(Sickness, Polling) {
  const Crowd polls = crowd(2, Batch().add("LPOP", "work"));

  EXPECT_TRUE(finds("polling", "empty takes")) << all_found();
}

TEST_F(Sickness, WaitingForMoments) {
  // Redis looks for timeouts ten times per second.
  const Crowd polls = crowd(30, Batch().add("BLPOP", "work", "0.005"));

  EXPECT_TRUE(finds("polling", "empty takes")) << all_found();
}

TEST_F(Sickness, ConnectionsThatComeAndGo) {
  const Crowd churn(server.settings(), 2, [](Connection& each) {
    each.run(Batch().add("PING"));
    each.close();
  });

  EXPECT_TRUE(finds("connection-churn")) << all_found();
}

TEST_F(Sickness, Errors) {
  ask("SET", "text", "v");
  const Crowd errors = crowd(2, Batch().add("LPUSH", "text", "x"));

  ASSERT_TRUE(finds("errors")) << all_found();

  EXPECT_THAT(found.offenders, Contains(HasSubstr("WRONGTYPE")));
}

// ---- keys and settings

TEST_F(Sickness, BigKeys) {
  fill("SADD", "everybody", 150'000);
  fill_keys("user:", 1'000);

  ASSERT_TRUE(finds("big-key", "everybody")) << all_found();

  EXPECT_THAT(found.title, HasSubstr("150,000 elements"));
}

// It is not among the sampled keys, but somebody was slow with it.
TEST_F(Sickness, ABigKeyThatTheSlowLogNames) {
  fill_keys("user:", 20'000);
  fill("SADD", "everybody", 150'000);
  ask("CONFIG", "SET", "slowlog-log-slower-than", 100);
  ask("SMEMBERS", "everybody");

  EXPECT_TRUE(finds("big-key", "everybody")) << all_found();
}

TEST_F(Sickness, AListThatOnlyGrows) {
  fill("RPUSH", "work", 20'000);
  const Crowd producer(server.settings(), 1, [](Connection& each) {
    each.run(Batch().add("RPUSH", "work", "item"));
    std::this_thread::sleep_for(5ms);
  });

  EXPECT_TRUE(finds("list-grows", "work")) << all_found();
}

TEST_F(Sickness, KeysThatNeverExpire) {
  fill_keys("session:", 3'000);

  EXPECT_TRUE(finds("no-expiry", "session:*")) << all_found();
}

TEST_F(Sickness, AnEvictionPolicyThatEatsJobs) {
  ask("SADD", "rq:queues", "rq:queue:mail");
  ask("CONFIG", "SET", "maxmemory", "100mb");
  ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");

  ASSERT_TRUE(finds("eviction", "allkeys-lru")) << all_found();

  EXPECT_EQ(found.severity, Severity::critical);
}

TEST_F(Sickness, MemoryThatIsNearlyFull) {
  fill("SADD", "members", 100'000);
  const std::string memory = ask("INFO", "memory").text;
  const std::size_t at = memory.find("used_memory:") + 12;
  const long used = std::stol(memory.substr(at));
  ask("CONFIG", "SET", "maxmemory", used + used / 20);

  EXPECT_TRUE(finds("memory-full")) << all_found();
}

TEST_F(Sickness, DangerousPersistence) {
  ask("CONFIG", "SET", "save", "1 1");

  EXPECT_TRUE(finds("persistence", "save")) << all_found();
}

TEST_F(Sickness, ASlowLogThatIsOff) {
  ask("CONFIG", "SET", "slowlog-log-slower-than", -1);

  EXPECT_TRUE(finds("slow-log")) << all_found();
}

class FullOfClients : public Sickness {
 protected:
  FullOfClients() : Sickness({"--maxclients", "20"}) {}
};

TEST_F(FullOfClients, IsFound) {
  std::vector<Connection> many;
  for (int i = 0; i < 17; ++i) {
    many.emplace_back(server.settings());
    many.back().run(Batch().add("PING"));
  }

  EXPECT_TRUE(finds("clients-full")) << all_found();
}

// ---- jobs

class SickJobs : public Sickness {
 protected:
  SickJobs() { ask("SADD", "rq:queues", "rq:queue:mail"); }
  void job(const std::string& id, const std::string& status = "queued") {
    ask("HSET", "rq:job:" + id, "data", "x", "status", status, "origin", "mail", "created_at",
        "2026-11-26T10:00:00.000000Z", "enqueued_at", "2026-11-26T10:00:00.000000Z");
  }
  /// Does what the report says it would, and tells what of it was needed.
  std::vector<std::string> repair(Time now = base::now()) {
    std::vector<std::string> done;
    for (const Repair& each : repairs_for(examine())) {
      if (perform(connection, each, now) == Repaired::done) done.push_back(each.finding);
    }
    return done;
  }
  bool heals(const std::string& id) {
    findings = diagnose(examine());
    return std::none_of(findings.begin(), findings.end(),
                        [&id](const Finding& each) { return each.id == id; });
  }
};

TEST_F(SickJobs, AQueueThatOnlyGrows) {
  const Crowd producer(server.settings(), 1, [](Connection& each) {
    each.run(Batch().add("RPUSH", "rq:queue:mail", "j1"));
    std::this_thread::sleep_for(5ms);
  });

  ASSERT_TRUE(finds("queue-grows", "mail")) << all_found();

  EXPECT_THAT(found.cure, HasSubstr("rqpp worker mail"));
}

TEST_F(SickJobs, ResultsThatStayForEver) {
  job("alive", "finished");
  job("ending", "failed");
  ask("EXPIRE", "rq:job:ending", 1'000);
  for (const char* id : {"alive", "ending", "gone"}) {
    ask("XADD", std::string("rq:results:") + id, "*", "type", 2);
  }

  ASSERT_TRUE(finds("results-for-ever")) << all_found();
  EXPECT_THAT(found.offenders,
              ::testing::UnorderedElementsAre("rq:results:ending", "rq:results:gone"));
  EXPECT_THAT(repair(), ::testing::ElementsAre("results-for-ever", "results-for-ever"));

  EXPECT_EQ(ask("TTL", "rq:results:alive").number, -1);
  EXPECT_LE(ask("TTL", "rq:results:ending").number, 1'000);
  EXPECT_GT(ask("TTL", "rq:results:ending").number, 0);
  EXPECT_GT(ask("TTL", "rq:results:gone").number, 80'000);
  EXPECT_TRUE(heals("results-for-ever"));
}

TEST_F(SickJobs, DeadWorkers) {
  for (int i = 0; i < 250; ++i) {
    const std::string key = fmt::format("rq:worker:w{}", i);
    ask("SADD", "rq:workers", key);
    ask("SADD", "rq:workers:mail", key);
    if (i % 2 == 0) ask("HSET", key, "queues", "mail");
  }

  ASSERT_TRUE(finds("dead-workers")) << all_found();
  EXPECT_THAT(found.title, HasSubstr("125 of 250"));
  EXPECT_THAT(repair(), ::testing::ElementsAre("dead-workers", "dead-workers"));

  EXPECT_EQ(ask("SCARD", "rq:workers").number, 125);
  EXPECT_EQ(ask("SCARD", "rq:workers:mail").number, 125);
  EXPECT_TRUE(heals("dead-workers"));
}

TEST_F(SickJobs, JobsThatAreStuckOnTheirWay) {
  job("stuck");
  job("begun", "started");
  ask("RPUSH", "rq:queue:mail:intermediate", "stuck", "begun");
  ask("RPUSH", "rq:queue:mail", "next");

  ASSERT_TRUE(finds("stuck-jobs", "mail")) << all_found();
  EXPECT_THAT(found.offenders, ::testing::ElementsAre("stuck"));
  EXPECT_THAT(repair(), ::testing::IsEmpty()) << "a worker may be about to begin it";
  EXPECT_THAT(repair(base::now() + 61s), ::testing::ElementsAre("stuck-jobs"));

  EXPECT_EQ(ask("LINDEX", "rq:queue:mail", 0).text, "stuck");
  EXPECT_EQ(ask("LLEN", "rq:queue:mail:intermediate").number, 1);
  EXPECT_TRUE(heals("stuck-jobs"));
}

TEST_F(SickJobs, AJobThatAWorkerHasJustTakenIsNotPutBack) {
  job("taken");
  ask("RPUSH", "rq:queue:mail:intermediate", "taken");
  const auto repairs = repairs_for(examine());
  ASSERT_EQ(repairs.size(), 1U);
  ASSERT_EQ(perform(connection, repairs[0], base::now()), Repaired::later);

  ask("ZADD", "rq:executions:taken", 1, "e1");  // meanwhile it began

  EXPECT_EQ(perform(connection, repairs[0], base::now() + 2h), Repaired::not_needed);
  EXPECT_EQ(ask("LLEN", "rq:queue:mail").number, 0);
}

TEST_F(SickJobs, AbandonedRuns) {
  ask("ZADD", "rq:wip:mail", 1'000, "j1:e1");

  EXPECT_TRUE(finds("abandoned-runs", "mail")) << all_found();
}

TEST_F(SickJobs, JobsThatEndWhoReadsThem) {
  job("good");
  job("odd", "unheard_of");
  job("late");
  ask("HSET", "rq:job:late", "timeout", "3m");
  ask("RPUSH", "rq:job:list", "x");

  ASSERT_TRUE(finds("broken-jobs")) << all_found();

  EXPECT_THAT(found.offenders,
              ::testing::UnorderedElementsAre(HasSubstr("odd: "), HasSubstr("late: "),
                                              "list: its key is a list, not a hash"));
}

TEST_F(SickJobs, GhostsAndRunsThatStayForEver) {
  ask("HSET", "rq:job:ghost", "last_heartbeat", "2026-11-26T10:00:00.000000Z");
  ask("HSET", "rq:execution:j1:e1", "id", "e1");
  ask("ZADD", "rq:executions:j1", 1, "e1");

  ASSERT_TRUE(finds("ghost-jobs")) << all_found();
  ASSERT_TRUE(finds("runs-for-ever")) << all_found();
  EXPECT_EQ(repair().size(), 3U);

  for (const char* key : {"rq:job:ghost", "rq:execution:j1:e1", "rq:executions:j1"}) {
    EXPECT_GT(ask("TTL", key).number, 3'000) << key;
  }
  EXPECT_TRUE(heals("ghost-jobs"));
}

TEST_F(SickJobs, AGhostThatBecameAJobStays) {
  ask("HSET", "rq:job:ghost", "status", "queued");
  const auto repairs = repairs_for(examine());
  ASSERT_EQ(repairs.size(), 1U);

  job("ghost");  // enqueued again meanwhile

  EXPECT_EQ(perform(connection, repairs[0], base::now() + 2h), Repaired::not_needed);
  EXPECT_EQ(ask("TTL", "rq:job:ghost").number, -1);
}

}  // namespace
}  // namespace rqpp::doctor
