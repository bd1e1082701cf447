// What a worker says to a real Redis, and what becomes of it when the connection breaks, when Redis
// refuses it, and when it answers nonsense.

#include "worker/broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "protocol/dependencies.h"
#include "protocol/keys.h"
#include "support/cutting_proxy.h"
#include "support/redis_state.h"
#include "support/test_server.h"

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

protocol::JobRecord job(const std::string& id) {
  return {
      .id = id, .origin = "q", .status = Status::queued, .data = "D", .created_at = base::now()};
}

/// A broker and what it has told.
class Speaker {
 public:
  explicit Speaker(const redis::Settings& settings, const std::string& name = "w")
      : broker({.worker = {.name = name, .queues = {"q"}}}, settings,
               base::Log::to(
                   [this](base::LogLevel, std::string_view line) { log.emplace_back(line); })) {}

  /// One wake-up of the worker's loop.
  void turn() {
    broker.flush(base::this_moment());
    std::vector<pollfd> fds;
    broker.watch(fds);
    const auto now = std::chrono::steady_clock::now();
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(
        std::clamp<std::chrono::nanoseconds>(broker.next_step() - now, 0ms, 20ms));
    ::poll(fds.data(), fds.size(), static_cast<int>(wait.count()));
    for (Event& event : broker.step(fds, base::this_moment())) events.push_back(std::move(event));
    for (SendWebhooks& order : broker.take_webhooks()) webhooks.push_back(std::move(order));
  }

  /// Turns until such an event comes, and takes it.
  template <class T>
  std::optional<T> await(std::chrono::seconds patience = 20s) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < until) {
      for (auto it = events.begin(); it != events.end(); ++it) {
        if (T* found = std::get_if<T>(&*it)) {
          T taken = std::move(*found);
          events.erase(it);
          return taken;
        }
      }
      turn();
    }
    ADD_FAILURE() << "no such event";
    return std::nullopt;
  }

  /// Turns until Redis answers. A break that is noticed only now may take the question with it.
  void until_answered() {
    broker.perform(RenewLease{});
    std::erase_if(events,
                  [](const Event& event) { return std::holds_alternative<RedisBack>(event); });
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < until) {
      turn();
      for (const Event& event : std::exchange(events, {})) {
        if (std::holds_alternative<LeaseRenewed>(event)) return;
        if (std::holds_alternative<RedisBack>(event)) broker.perform(RenewLease{});
      }
    }
    ADD_FAILURE() << "no answer";
  }

  ClaimedJob claim() {
    broker.perform(Claim{.count = 1, .queues = {"q"}}, base::now());
    const auto claimed = await<Claimed>();
    if (!claimed || claimed->jobs.empty()) {
      ADD_FAILURE() << "no job was claimed";
      return {};
    }
    return claimed->jobs.front();
  }

  std::vector<std::string> log{};
  std::vector<Event> events{};
  std::vector<SendWebhooks> webhooks{};
  Broker broker;
};

Settle success(const ClaimedJob& claimed, const std::string& value = "V") {
  return {.job = claimed.job,
          .run = claimed.run,
          .outcome = {.kind = Outcome::Kind::value, .return_value = value},
          .times = {.started = base::now(), .ended = base::now()}};
}

class BrokerTest : public test::RedisTest {
 protected:
  void enqueue(const protocol::JobRecord& record) {
    connection.run(protocol::enqueue({&record, 1}, protocol::Position::back));
  }
  std::string status(const std::string& id) { return ask("HGET", "rq:job:" + id, "status").text; }
  std::int64_t length(const std::string& list) { return ask("LLEN", list).number; }
  std::string error(const std::string& id) {
    const auto results =
        protocol::read_results(connection.run(protocol::latest_results(id, 1)).at(0));
    return results.empty() ? "" : results.front().exc_info;
  }
};

// ---- what must be kept

TEST(BrokerOutage, KeepsTheEndThatItWasJustAboutToSend) {
  sandbox::EphemeralServer mortal(
      {.arguments = {"--appendonly", "yes", "--appendfsync", "always"}});
  redis::Connection control(mortal.settings());
  const protocol::JobRecord record = job("j");
  control.run(protocol::enqueue({&record, 1}, protocol::Position::back));
  Speaker worker(mortal.settings());
  worker.broker.begin(base::now());
  const ClaimedJob claimed = worker.claim();

  mortal.stop();
  worker.broker.perform(success(claimed));
  worker.broker.flush(base::this_moment());  // which finds out that Redis is away
  mortal.start();

  EXPECT_TRUE(worker.await<RedisLost>());
  EXPECT_TRUE(worker.await<SettleAcknowledged>());
  EXPECT_EQ(control.run(redis::Batch{}.add("HGET", "rq:job:j", "status")).at(0).text, "finished");
}

TEST_F(BrokerTest, DoesWhatFollowsAnEndWhereverItsAnswerIsCut) {
  test::CuttingProxy proxy(connection.settings().unix_path);
  Speaker worker(proxy.settings());
  worker.broker.begin(base::now());
  for (const std::size_t bytes : {0, 1, 4, 8, 13, 20, 30, 36}) {
    const std::string id = "parent" + std::to_string(bytes);
    protocol::JobRecord parent = job(id);
    parent.webhooks = R"([{"url": "http://x/", "job_status": "finished", "method": "GET",)"
                      R"( "headers": null, "timeout": 1}])";
    protocol::JobRecord child = job("child" + std::to_string(bytes));
    child.status = Status::deferred;
    child.dependency_ids = {id};
    enqueue(parent);
    enqueue(child);
    const ClaimedJob claimed = worker.claim();
    worker.log.clear();
    worker.webhooks.clear();

    proxy.cut_after_received(bytes);
    worker.broker.perform(success(claimed));
    worker.await<RedisLost>();
    proxy.heal();
    const auto acknowledged = worker.await<SettleAcknowledged>();
    worker.await<RedisBack>();

    EXPECT_EQ(status(id), "finished") << bytes;
    EXPECT_EQ(ask("LPOP", "rq:queue:q").text, child.id) << bytes;
    EXPECT_EQ(worker.webhooks.size(), 1U) << bytes;
    EXPECT_THAT(worker.log, Not(Contains(HasSubstr("is dropped")))) << bytes;
    ASSERT_TRUE(acknowledged) << bytes;
    EXPECT_THAT(ask("ZRANGE", "rqpp:releases", 0, -1).elements, IsEmpty()) << bytes;
  }
}

TEST_F(BrokerTest, EnqueuesAChildOnceWhereverTheConnectionIsCut) {
  test::CuttingProxy proxy(connection.settings().unix_path);
  Speaker worker(proxy.settings());
  worker.broker.begin(base::now());
  // The script's text goes along with its first call.
  worker.broker.enqueue("before", {.job = job("first")});
  worker.turn();
  while (length("rq:queue:q") == 0) worker.turn();
  ask("DEL", "rq:queue:q");
  const auto is_lost = [&] {
    return std::any_of(worker.events.begin(), worker.events.end(),
                       [](const Event& event) { return std::holds_alternative<RedisLost>(event); });
  };

  for (std::size_t i = 0; i < 48; ++i) {
    const std::string id = "child" + std::to_string(i);
    worker.events.clear();
    if (i < 44) {
      proxy.cut_after_sent(1 + i * 37);
    } else {
      proxy.cut_after_received(i - 44);
    }
    worker.broker.enqueue("parent", {.at_front = i % 2 == 0, .job = job(id)});
    while (!is_lost() && length("rq:queue:q") == 0) worker.turn();
    worker.turn();
    // Meanwhile others run it, and forget it.
    std::int64_t runs = ask("LREM", "rq:queue:q", 0, id).number;
    if (runs > 0) ask("DEL", "rq:job:" + id);
    proxy.heal();
    worker.until_answered();
    runs += ask("LREM", "rq:queue:q", 0, id).number;

    EXPECT_EQ(runs, 1) << i;
  }
}

TEST_F(BrokerTest, LetsAChildWaitForItsParent) {
  Speaker worker(connection.settings());
  worker.broker.begin(base::now());
  enqueue(job("parent"));
  protocol::JobRecord child = job("child");
  child.status = Status::deferred;
  child.dependency_ids = {"parent"};

  worker.broker.enqueue("parent", {.job = child});
  while (ask("ZCARD", "rq:deferred:q").number == 0) worker.turn();

  EXPECT_EQ(status("child"), "deferred");
}

TEST_F(BrokerTest, PutsAJobBackOnceWhereverItsAnswerIsCut) {
  test::CuttingProxy proxy(connection.settings().unix_path);
  Speaker worker(proxy.settings());
  worker.broker.begin(base::now());
  for (const bool retries : {false, true}) {
    for (const std::size_t bytes : {0, 1, 2, 3}) {
      enqueue(job("j"));
      const ClaimedJob claimed = worker.claim();
      worker.log.clear();

      proxy.cut_after_received(bytes);
      PutBack back{.job = claimed.job, .run = claimed.run};
      if (retries) back.how = {.ended = base::now(), .retries_left = 1};
      worker.broker.perform(back, base::now());
      worker.await<RedisLost>();
      proxy.heal();
      worker.await<SettleAcknowledged>();
      worker.await<RedisBack>();

      EXPECT_EQ(status("j"), "queued") << bytes;
      EXPECT_EQ(ask("LRANGE", "rq:queue:q", 0, -1).elements.size(), 1U) << bytes;
      EXPECT_THAT(worker.log, Not(Contains(HasSubstr("is dropped")))) << bytes;
      if (retries) {
        EXPECT_THAT(worker.log, Contains(HasSubstr("is enqueued again"))) << bytes;
      }
      ask("DEL", "rq:queue:q", "rq:job:j");
    }
  }
}

// ---- what Redis will never take

TEST_F(BrokerTest, FailsTheRunWhoseResultIsMoreThanRedisTakes) {
  sandbox::EphemeralServer small({.arguments = {"--proto-max-bulk-len", "1048576"}});
  redis::Connection control(small.settings());
  for (const char* id : {"large", "usual"}) {
    const protocol::JobRecord record = job(id);
    control.run(protocol::enqueue({&record, 1}, protocol::Position::back));
  }
  Speaker worker(small.settings());
  worker.broker.begin(base::now());
  const ClaimedJob large = worker.claim();
  const ClaimedJob usual = worker.claim();

  worker.broker.perform(success(large, std::string(3 * kMebibyte, 'x')));
  worker.broker.perform(success(usual));

  EXPECT_TRUE(worker.await<SettleAcknowledged>());
  EXPECT_TRUE(worker.await<SettleAcknowledged>());
  const auto field = [&](const std::string& key, const char* name) {
    return control.run(redis::Batch{}.add("HGET", key, name)).at(0).text;
  };
  EXPECT_EQ(field("rq:job:usual", "status"), "finished");
  EXPECT_EQ(field("rq:job:large", "status"), "failed");
  const auto results =
      protocol::read_results(control.run(protocol::latest_results("large", 1)).at(0));
  ASSERT_FALSE(results.empty());
  EXPECT_THAT(results.front().exc_info, HasSubstr("could not be written to Redis"));
  // Nobody else has noticed.
  EXPECT_THAT(worker.log, Not(Contains(HasSubstr("Trying again"))));
}

TEST_F(BrokerTest, WritesALargeResultThatRedisTakes) {
  enqueue(job("large"));
  Speaker worker(connection.settings());
  worker.broker.begin(base::now());

  worker.broker.perform(success(worker.claim(), std::string(3 * kMebibyte, 'x')));

  EXPECT_TRUE(worker.await<SettleAcknowledged>());
  EXPECT_EQ(status("large"), "finished");
}

TEST_F(BrokerTest, FailsTheRunWhoseChildOrMetaRedisRefuses) {
  ask("SET", "rq:queue:bad", "no list");
  for (const char* id : {"enqueues", "saves"}) enqueue(job(id));
  Speaker worker(connection.settings());
  worker.broker.begin(base::now());
  const ClaimedJob enqueues = worker.claim();
  const ClaimedJob saves = worker.claim();
  protocol::JobRecord child = job("child");
  child.origin = "bad";

  worker.broker.enqueue("enqueues", {.job = child});
  worker.broker.perform(success(enqueues));
  worker.broker.save_meta({.saved = {.job_id = "saves", .meta = "M"}});
  worker.broker.perform(success(saves));

  EXPECT_TRUE(worker.await<SettleAcknowledged>());
  EXPECT_TRUE(worker.await<SettleAcknowledged>());
  EXPECT_EQ(status("enqueues"), "failed");
  EXPECT_THAT(error("enqueues"), HasSubstr("WRONGTYPE"));
  EXPECT_EQ(status("saves"), "finished");
}

TEST_F(BrokerTest, GivesUpAnEndThatCannotBeWrittenAtAll) {
  enqueue(job("j"));
  Speaker worker(connection.settings());
  worker.broker.begin(base::now());
  const ClaimedJob claimed = worker.claim();
  ask("SET", "rq:finished:q", "no sorted set");
  ask("SET", "rq:failed:q", "no sorted set");

  worker.broker.perform(success(claimed));

  EXPECT_TRUE(worker.await<SettleAcknowledged>());
  EXPECT_THAT(worker.log, Contains(HasSubstr("WRONGTYPE")));
}

TEST_F(BrokerTest, ServesTheOtherQueuesWhereOneIsNoList) {
  ask("SET", "rq:queue:bad", "no list");
  enqueue(job("j"));
  Speaker worker(connection.settings());
  worker.broker.begin(base::now());

  for (int i = 0; i < 2; ++i) {
    worker.broker.perform(Claim{.count = 1, .queues = {"bad", "q"}}, base::now());
    const auto claimed = worker.await<Claimed>();
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->jobs.size(), i == 0 ? 1U : 0U);
  }

  EXPECT_EQ(std::count_if(worker.log.begin(), worker.log.end(),
                          [](const std::string& line) {
                            return line.find("'rq:queue:bad' is no list") != std::string::npos;
                          }),
            1);
}

TEST_F(BrokerTest, WaitsWithoutHasteForAQueueThatIsNoList) {
  ask("SET", "rq:queue:q", "no list");
  Speaker worker(connection.settings());
  worker.broker.begin(base::now());
  worker.broker.perform(Watch{"q"});
  while (worker.log.empty()) worker.turn();

  EXPECT_THAT(worker.log, ElementsAre(HasSubstr("'rq:queue:q' is no list")));
  worker.broker.perform(Unwatch{});
  EXPECT_EQ(worker.await<NothingArrived>()->queue, "q");
}

// ---- what others write

class BrokerOfChangedRuns : public BrokerTest {
 protected:
  BrokerOfChangedRuns() : worker_(connection.settings()) {
    worker_.broker.begin(base::now());
    runs_ = "rqpp:runs:" + ask("HGET", "rq:worker:w", "rqpp_worker").text;
    enqueue(job("j"));
    claimed_ = worker_.claim();
  }
  void beat() {
    worker_.broker.perform(Beat{.runs = {claimed_.run}}, base::now());
    worker_.until_answered();
  }
  void expect_to_end_it() {
    worker_.broker.perform(success(claimed_));
    worker_.await<SettleAcknowledged>();
    EXPECT_EQ(status("j"), "finished");
  }
  std::size_t count_in_log(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        worker_.log.begin(), worker_.log.end(),
        [&text](const std::string& line) { return line.find(text) != std::string::npos; }));
  }

  Speaker worker_;
  std::string runs_{};
  ClaimedJob claimed_{};
};

TEST_F(BrokerOfChangedRuns, TakesOverWhatItDoesNotKnowWithTheNextHeartbeat) {
  enqueue(job("stuck"));
  ask("DEL", "rq:queue:q");
  ask("ZADD", runs_, 1, "stuck:unknown");

  worker_.broker.perform(Beat{.runs = {claimed_.run}}, base::now());
  const auto inherited = worker_.await<Inherited>();

  ASSERT_TRUE(inherited);
  ASSERT_EQ(inherited->jobs.size(), 1U);
  EXPECT_EQ(inherited->jobs.front().run.job_id, "stuck");
  beat();
  EXPECT_EQ(count_in_log("does not know"), 1U);
  expect_to_end_it();
}

TEST_F(BrokerOfChangedRuns, ForgetsRunsOfJobsThatAreElsewhere) {
  protocol::JobRecord other = job("other");
  enqueue(other);
  ask("DEL", "rq:queue:q");
  ask("HSET", "rq:job:other", "status", "finished");
  ask("ZADD", runs_, 1, "other:unknown");

  worker_.broker.perform(Beat{.runs = {claimed_.run}}, base::now());
  while (!ask("ZSCORE", runs_, "other:unknown").is_nil()) worker_.turn();

  EXPECT_EQ(status("other"), "finished");
  expect_to_end_it();
}

TEST_F(BrokerOfChangedRuns, RestoresARunThatIsMissing) {
  ask("ZREM", runs_, "j:" + claimed_.run.id);

  beat();

  EXPECT_FALSE(ask("ZSCORE", runs_, "j:" + claimed_.run.id).is_nil());
  expect_to_end_it();
}

TEST_F(BrokerOfChangedRuns, RestoresAllWhenTheirKeyIsGone) {
  ask("DEL", runs_);

  worker_.broker.perform(Beat{.runs = {claimed_.run}}, base::now());
  EXPECT_TRUE(worker_.await<RedisLost>());
  const auto back = worker_.await<RedisBack>();

  ASSERT_TRUE(back);
  EXPECT_FALSE(back->given_up);
  EXPECT_TRUE(back->gone.empty());
  beat();
  expect_to_end_it();
  enqueue(job("next"));
  EXPECT_EQ(worker_.claim().job.id, "next");
}

TEST_F(BrokerOfChangedRuns, RestoresAllWhenAClaimIsTheFirstToMissThem) {
  ask("DEL", runs_);
  enqueue(job("next"));

  worker_.broker.perform(Claim{.count = 1, .queues = {"q"}}, base::now());
  EXPECT_TRUE(worker_.await<RedisLost>());
  EXPECT_TRUE(worker_.await<RedisBack>());

  beat();
  EXPECT_EQ(worker_.claim().job.id, "next");
  expect_to_end_it();
}

TEST_F(BrokerOfChangedRuns, AsksNothingMoreWhileTheyAreAsTheyWere) {
  beat();
  enqueue(job("second"));
  const ClaimedJob second = worker_.claim();
  test::reset_counts(admin());

  worker_.broker.perform(Beat{.runs = {claimed_.run, second.run}}, base::now());
  worker_.until_answered();

  const auto counts = test::command_counts(admin());
  EXPECT_FALSE(counts.contains("hmget"));
  EXPECT_FALSE(counts.contains("hget"));
}

// The answer of a claim is lost; its job is deleted, and a new one has its id.
TEST_F(BrokerTest, RunsNoNewJobInThePlaceOfTheOneThatItClaimed) {
  test::CuttingProxy proxy(connection.settings().unix_path);
  Speaker worker(proxy.settings());
  worker.broker.begin(base::now());
  protocol::JobRecord old = job("j");
  old.created_at = Time{1'000'111'111us};
  enqueue(old);

  proxy.cut_after_received(0);
  worker.broker.perform(Claim{.count = 1, .queues = {"q"}, .show = false}, base::now());
  worker.await<RedisLost>();
  connection.run(protocol::delete_job("j", base::now()));
  protocol::JobRecord next = job("j");
  next.created_at = Time{1'000'222'222us};
  enqueue(next);
  proxy.heal();
  worker.await<RedisBack>();

  for (const Event& event : worker.events) EXPECT_FALSE(std::holds_alternative<Claimed>(event));
  EXPECT_EQ(worker.claim().job.created_at, next.created_at);
}

// ---- nonsense

TEST_F(BrokerTest, AnswersOnceWhatRedisAnswersUnreadably) {
  test::CuttingProxy proxy(connection.settings().unix_path);
  enqueue(job("j"));
  Speaker worker(proxy.settings());
  worker.broker.begin(base::now());
  const ClaimedJob claimed = worker.claim();

  proxy.replace_in_replies("*1\r\n:1\r\n", ":7\r\n");
  worker.broker.perform(success(claimed));
  EXPECT_TRUE(worker.await<RedisLost>());
  proxy.heal();

  EXPECT_TRUE(worker.await<SettleAcknowledged>());
  EXPECT_TRUE(worker.await<RedisBack>());
  EXPECT_EQ(status("j"), "finished");
  for (int i = 0; i < 5; ++i) worker.turn();
  for (const Event& event : worker.events) {
    EXPECT_FALSE(std::holds_alternative<SettleAcknowledged>(event));
  }
}

TEST_F(BrokerTest, GivesUpWhatRedisAlwaysAnswersUnreadably) {
  test::CuttingProxy proxy(connection.settings().unix_path);
  enqueue(job("j"));
  Speaker worker(proxy.settings());
  worker.broker.begin(base::now());
  const ClaimedJob claimed = worker.claim();

  proxy.replace_in_replies("*1\r\n:1\r\n", ":7\r\n");
  worker.broker.perform(success(claimed));

  EXPECT_TRUE(worker.await<SettleAcknowledged>());
  EXPECT_THAT(worker.log, Contains(HasSubstr("Redis answers what we cannot read")));
}

}  // namespace
}  // namespace rqpp::worker
