// rqpp top as people start it, on a terminal of its own, with a real worker; and what that costs
// Redis.

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "protocol/transitions.h"
#include "support/documented_rights.h"
#include "support/redis_state.h"
#include "support/whole_screen.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::Pair;

class CliTop : public RedisTest {
 protected:
  CliTop() {
    std::string name = "/tmp/rqpp-top-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    folder = name;
  }
  ~CliTop() override { fs::remove_all(folder); }

  static std::vector<std::string> words(std::vector<std::string> more = {}) {
    std::vector<std::string> all{"top", "-i", "0.1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static Ended top(std::vector<std::string> more) {
    return rqpp(words(std::move(more)), {.environment = {{"RQ_REDIS_URL", server().url()}}});
  }
  static std::vector<std::string> worker(const std::string& name) {
    return {"worker",
            "mail",
            "--quiet",
            "--name",
            name,
            "--path",
            in_build("tests/modules").string(),
            "--url",
            server().url()};
  }
  std::string gate() const { return (folder / "gate").string(); }
  AnyJob enqueue_gated(const std::string& id) {
    return queue.enqueue(Call{.function = "gates.pass", .args = {gate()}}, {.job_id = id});
  }
  void open_gate() const { std::ofstream(gate()) << "open"; }

  /// Names of queues and workers, in pages; a worker is as one that has been killed.
  void register_crowd(int queues, int workers) {
    redis::Batch batch;
    for (int i = 0; i < queues; ++i) batch.add("SADD", "rq:queues", name("rq:queue:q", i));
    for (int i = 0; i < workers; ++i) {
      batch.add("SADD", "rq:workers", name("rq:worker:w", i));
      batch.add("HSET", name("rq:worker:w", i), "state", "busy", "queues", "q1", "current_job",
                name("j", i), "last_heartbeat", "2026-01-01T00:00:00.000000Z");
    }
    connection.run(batch);
  }
  static std::string name(const char* prefix, int number) {
    return prefix + std::to_string(number);
  }
  /// What so many looks cost, by command, without the reader's greeting. At names, which are read
  /// each two seconds, or each ten where there are many, we look apart.
  std::map<std::string, std::int64_t> cost_of(int looks) {
    reset_counts(connection);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(top({"-n", std::to_string(looks)}).exit_code, 0);
    took = std::chrono::steady_clock::now() - began;
    auto counts = command_counts(connection);
    for (const char* once : {"ping", "client|setname", "client", "sscan"}) {
      if (std::string(once) == "sscan") pages_of_names = counts[once];
      counts.erase(once);
    }
    return counts;
  }

  Queue queue{"mail", {.url = server().url()}};
  fs::path folder;
  std::int64_t pages_of_names = 0;             // that cost_of() saw
  std::chrono::steady_clock::duration took{};  // as cost_of() saw
};

// ---- on a terminal: see also cli_screen_test.cc

TEST_F(CliTop, ShowsWhatRunsWhereAndSinceWhenUntilQ) {
  Program program(words(), on_terminal());
  program.await_output(kEnter);
  program.await_output("0 workers: none");
  EXPECT_FALSE(program.echoes());

  Program busy(worker("dobbin"));
  const AnyJob job = enqueue_gated("the-first-job");
  program.await_output("dobbin");
  program.await_output("the-first-job");
  program.await_output("1 worker: 1 busy");
  program.await_output("1 queue: 0 waiting, 1 executing");
  program.await_output(" s  the-first-job");

  enqueue_gated("the-second-job");
  program.await_output("1 queue: 1 waiting, 1 executing");
  open_gate();
  program.await_output("1 worker: 1 idle");
  program.await_output("1 queue: 0 waiting, 0 executing, 0 failed, 2 finished");
  busy.signal(SIGTERM);
  program.await_output("0 workers: none");

  program.type("q");
  const Ended ended = program.wait();

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, ContainsRegex("busy[^b]* [0-9]+ s  the-first-job"));
  EXPECT_THAT(ended.out,
              AllOf(HasSubstr("Jobs done"), HasSubstr("Jobs waiting"), HasSubstr("⣀"),
                    ContainsRegex("q ends; every 0.1 s; a look costs Redis [0-9]+ commands")));
  EXPECT_THAT(ended.out.substr(ended.out.find(kExit)), kExit) << "it leaves nothing behind";
}

TEST_F(CliTop, CountsJobsAsTheyEnd) {
  queue.enqueue_many(std::vector<Call>(200, {.function = "horses.nothing"}));
  Program program(words(), on_terminal());
  program.await_output("200 waiting");

  Program busy(worker("dobbin"));

  program.await_output("200 finished");
  busy.signal(SIGTERM);
  program.type("q");
  EXPECT_THAT(program.wait().out, ContainsRegex("Jobs done    [0-9,.]*[1-9][0-9,.]*/s"));
}

TEST_F(CliTop, EndsAfterItsCount) {
  Program program(words({"-n", "3"}), on_terminal());

  program.await_output(kExit);

  EXPECT_EQ(program.wait().exit_code, 0);
}

TEST_F(CliTop, NeverObeysNamesFromRedis) {
  ask("SADD", "rq:queues", "rq:queue:\x1b[5mx\n");
  ask("SADD", "rq:workers", "rq:worker:\x1b[6my");
  ask("HSET", "rq:worker:\x1b[6my", "state", "\x1b[7m", "queues", "\x1b[8m", "current_job", "\r");
  Program program(words(), on_terminal());
  program.await_output("\\x1b[5mx\\x0a");
  program.await_output("\\x1b[6my");
  program.type("q");

  const std::string out = program.wait().out;
  for (const char* escape : {"\x1b[5m", "\x1b[6m", "\x1b[7m", "\x1b[8m"}) {
    EXPECT_THAT(out, Not(HasSubstr(escape)));
  }
}

TEST_F(CliTop, IsNotBlindedByKeysOfAnotherType) {
  queue.enqueue(Call{.function = "m.f"});
  ask("SADD", "rq:queues", "rq:queue:odd");
  ask("SET", "rq:queue:odd", "no list");
  ask("SADD", "rq:workers", "rq:worker:odd");
  ask("SET", "rq:worker:odd", "no hash");

  const Ended ended = top({"-n", "1"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("Waiting: 1 "));
}

// ---- elsewhere

TEST_F(CliTop, PrintsALineForEachLookWithoutATerminal) {
  queue.enqueue_many(std::vector<Call>(3, {.function = "m.f"}));

  const Ended ended = top({"-n", "3"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  std::istringstream lines(ended.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_THAT(line, MatchesRegex("[0-9:]+  Done: not known  Waiting: 3  Executing: 0  .*"));
  for (int i = 0; i < 2; ++i) {
    std::getline(lines, line);
    EXPECT_THAT(line, MatchesRegex("[0-9:]+  Done: 0/s  Waiting: 3 .0/s.  .*Workers: none"));
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(CliTop, LimitsItselfToQueues) {
  queue.enqueue(Call{.function = "m.f"});
  queue.sibling("other").enqueue_many(std::vector<Call>(5, {.function = "m.f"}));

  EXPECT_THAT(top({"-n", "1", "other", "nowhere", "other"}).out, HasSubstr("Waiting: 5 "));
}

TEST_F(CliTop, RefusesOptionsThatMakeNoSense) {
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"-i", "0"}, {"-i", "often"}, {"-n", "0"}, {"-n", "many"}}) {
    const Ended ended = rqpp({"top", more[0], more[1]});
    EXPECT_EQ(ended.exit_code, 2) << more[1];
    EXPECT_THAT(ended.err, HasSubstr("rqpp top --help")) << more[1];
  }
}

// ---- what it costs

TEST_F(CliTop, CostsTheSameForAnyBacklogAndRegistry) {
  queue.enqueue_many(std::vector<Call>(10, {.function = "m.f"}));
  register_crowd(0, 1);
  ask("ZADD", "rq:scheduled:mail", 4'000'000'000, "one");
  const auto few = cost_of(5);
  redis::Batch batch;
  for (int begin = 0; begin < 100'000; begin += 1'000) {
    batch.add("RPUSH", "rq:queue:mail");
    for (int i = 0; i < 1'000; ++i) batch.more(begin + i);
    for (const char* registry : {"finished", "failed", "deferred", "scheduled", "wip"}) {
      batch.add("ZADD", std::string("rq:") + registry + ":mail");
      for (int i = 0; i < 1'000; ++i) batch.more(4'000'000'000, begin + i);
    }
  }
  connection.run(batch);

  const auto many = cost_of(5);

  // Seven for the queue and one for the worker at each look; with the names, two that say whether a
  // queue with scheduled jobs has a scheduler.
  EXPECT_THAT(few,
              ElementsAre(Pair("exists", 1), Pair("hmget", 5), Pair("llen", 5), Pair("zcard", 31)));
  EXPECT_EQ(many, few);
}

TEST_F(CliTop, AsksForAHundredQueuesAndAHundredWorkersAtMost) {
  register_crowd(350, 250);

  const auto cost = cost_of(4);

  EXPECT_EQ(cost.at("llen"), 400);
  EXPECT_EQ(cost.at("zcard"), 2'400);
  EXPECT_EQ(cost.at("hmget"), 400);
  constexpr int kOfAll = 12;  // of some hundred names each
  EXPECT_LE(pages_of_names, kOfAll + kOfAll * (took / 10s));
}

TEST_F(CliTop, SaysThatQueuesAndWorkersTakeTurnsAndHasThemAllInTheEnd) {
  register_crowd(350, 250);
  Program program(words(), on_terminal());

  program.await_output("350 queues (100 a look): ");
  program.await_output("250 workers (100 a look): 250 busy");
  program.type("q");

  EXPECT_EQ(program.wait().exit_code, 0);
}

TEST_F(CliTop, ReadsNamesInPagesAndSeldom) {
  register_crowd(50, 50);

  cost_of(5);

  EXPECT_LE(pages_of_names, 2 + 2 * (took / 2s)) << "a page of each, and again each two seconds";
}

TEST_F(CliTop, AsksSinceWhenForNoMoreJobsThanTheTerminalHasLines) {
  register_crowd(1, 90);
  reset_counts(connection);
  Program program(words({"-n", "3"}), on_terminal());
  EXPECT_EQ(program.wait().exit_code, 0);

  EXPECT_EQ(command_counts(connection).at("hmget"), 3 * (90 + 40));
}

TEST_F(CliTop, NeedsNoOtherRightsThanTheDocumentSays) {
  register_crowd(2, 2);
  const std::vector<std::string> rights = documented_rights("rqpp-monitor");
  ASSERT_THAT(rights, Not(IsEmpty()));
  connection.run(redis::Batch{}.add_words(rights));
  ProgramOptions reader = on_terminal();
  reader.environment["RQ_REDIS_URL"] =
      "redis://rqpp-monitor:secret@127.0.0.1:" + std::to_string(server().tcp_settings().port);

  const Ended watched = rqpp(words({"-n", "2"}), reader);
  const Ended informed = rqpp({"info"}, reader);
  ask("ACL", "DELUSER", "rqpp-monitor");

  EXPECT_EQ(watched.exit_code, 0) << watched.err;
  EXPECT_THAT(watched.out, AllOf(HasSubstr("2 workers: 2 busy"),
                                 HasSubstr("redis://rqpp-monitor@127"), Not(HasSubstr("secret"))));
  EXPECT_EQ(informed.exit_code, 0) << informed.err;
}

TEST_F(CliTop, WritesNothing) {
  register_crowd(3, 3);
  ask("SADD", "rq:workers", "rq:worker:dead");
  ask("ZADD", "rq:wip:q1", 1, "gone:gone");
  const std::string before = ask("DEBUG", "DIGEST").text;

  EXPECT_EQ(top({"-n", "2"}).exit_code, 0);

  EXPECT_EQ(ask("DEBUG", "DIGEST").text, before);
}

}  // namespace
}  // namespace rqpp::test
