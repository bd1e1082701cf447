// What Redis executes for each transition, counted by Redis itself. A budget that grows is a bug,
// or needs a better reason than this file has.

#include <gmock/gmock.h>

#include "protocol/rate_limit.h"
#include "protocol/webhooks.h"
#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;

class Budget : public ProtocolTest {
 protected:
  template <class Action>
  std::map<std::string, std::int64_t> cost_of(const Action& action) {
    test::reset_counts(admin());
    action();
    return test::command_counts(admin());
  }

  /// Redis' own growth: the second time nothing is loaded or connected.
  void warm_up() { succeed(job("warm"), start(job("warm"))); }
};

TEST_F(Budget, EnqueueIsTwoCommands) {
  const auto cost = cost_of([this] { enqueue(job("j1")); });

  EXPECT_EQ(cost, (std::map<std::string, std::int64_t>{{"hset", 1}, {"rpush", 1}}));
}

TEST_F(Budget, AThousandJobsAreAThousandCommandsAndAPushInATransactionForEachHundred) {
  std::vector<JobRecord> jobs;
  for (int i = 0; i < 1000; ++i) jobs.push_back(job("j" + std::to_string(i)));

  const auto cost = cost_of([&] { connection.run(protocol::enqueue(jobs, Position::back)); });

  EXPECT_EQ(cost, (std::map<std::string, std::int64_t>{
                      {"multi", 10}, {"hset", 1000}, {"rpush", 10}, {"exec", 10}}));
}

TEST_F(Budget, ClaimAndSettleOfOneJobAreAtMost28Commands) {
  warm_up();
  enqueue(job("j1"));

  const auto cost = cost_of([this] {
    const Execution run = claim({"q"}).started.at(0).run;
    succeed(job("j1"), run);
  });

  EXPECT_LE(test::total(cost), 28);
  EXPECT_EQ(cost.at("evalsha"), 2);
  EXPECT_THAT(cost, AllOf(Not(Contains(Key("hgetall"))), Not(Contains(Key("exists"))),
                          Not(Contains(Key("keys"))), Not(Contains(Key("smembers")))));
}

TEST_F(Budget, ClaimAndSettleOfAQuickJobAreAtMost19Commands) {
  warm_up();

  const auto cost = cost_of([this] { succeed(job("j1"), start_unshown(job("j1"))); });

  constexpr int kEnqueue = 2;
  EXPECT_LE(test::total(cost) - kEnqueue, 19);
  EXPECT_EQ(cost.at("evalsha"), 2);
}

TEST_F(Budget, AQuickJobAmongManyIsEightCommands) {
  const auto run = [this](int jobs) {
    ClaimRequest request{.claimant = {.worker = "w"}, .queues = {"q"}, .show = false};
    for (int i = 0; i < jobs; ++i) {
      enqueue(job("j" + std::to_string(i)));
      request.execution_ids.push_back("e" + std::to_string(i));
    }
    return cost_of([&] {
      std::vector<Finished> ends;
      for (const Started& it :
           read_claim(connection.run(protocol::claim(request, 90s, kNow)).at(0), "w").started) {
        ends.push_back({it.run, "V", {kNow, kLater}});
      }
      const auto reply = connection.run(finish(ends, 500s, kLater)).at(0);
      EXPECT_EQ(read_finish(reply, ends.size()), std::vector<bool>(ends.size(), true));
    });
  };
  run(1);  // the scripts are known from here on
  ask("FLUSHDB");
  begin_session("w");

  // A hash is read and written, a result and two ttls are.
  EXPECT_LE(test::total(run(32)), 32 * 5 + 12);
}

TEST_F(Budget, ShowingAQuickJobThatLastsIsAtMost14Commands) {
  warm_up();
  const Execution run = start_unshown(job("j1"));
  connection.run(renew(std::span(&run, 1), 90s, kLater));  // the script is known now
  ask("DEL", "rq:execution:j1:e1", "rq:executions:j1");

  const auto cost = cost_of([&] { connection.run(renew(std::span(&run, 1), 90s, kLater)); });

  EXPECT_LE(test::total(cost), 14);
}

TEST_F(Budget, SettlingAFailureIsAtMost15Commands) {
  warm_up();
  const Execution run = start(job("j1"));

  EXPECT_LE(test::total(cost_of([&] { fail(job("j1"), run); })), 15);
}

TEST_F(Budget, AClaimThatFindsNothingIsOneCommandHoweverManyQueues) {
  warm_up();
  std::vector<std::string> queues;
  for (int i = 0; i < 100; ++i) queues.push_back("q" + std::to_string(i));

  const auto cost = cost_of([&] { claim(queues); });

  EXPECT_EQ(cost, (std::map<std::string, std::int64_t>{{"evalsha", 1}, {"lmpop", 1}}));
}

TEST_F(Budget, EmptyQueuesBeforeThatOfAJobCostNoCommand) {
  warm_up();
  enqueue(job("j1"));
  const auto alone = cost_of([&] { claim({"empty", "q"}); });
  std::vector<std::string> queues(100, "empty");
  queues.emplace_back("q");
  enqueue(job("j2"));

  const auto behind_many = cost_of([&] { claim(queues); });

  EXPECT_EQ(behind_many, alone);
}

TEST_F(Budget, ManyJobsPerClaimCostNoMoreEach) {
  warm_up();
  for (int i = 0; i < 8; ++i) enqueue(job("j" + std::to_string(i)));

  const auto cost = cost_of([this] { claim({"q"}, 8); });

  EXPECT_LE(test::total(cost), 8 * 10 + 3);
}

TEST_F(Budget, ARateLimitIsFiveCommandsMoreAndWhomItHoldsBackCostsTen) {
  warm_up();
  for (int i = 0; i < 8; ++i) {
    JobRecord limited = job("j" + std::to_string(i));
    limited.rate_limit = rate_limit_text({.key = "oven", .count = 1, .per = 60s});
    enqueue(limited);
  }

  const auto cost = cost_of([this] { claim({"q"}, 8); });

  EXPECT_LE(test::total(cost), (10 + 5) + 7 * 10 + 3);
}

TEST_F(Budget, ALimitOfJobsAtOnceCostsTheSameHoweverManyWait) {
  const auto limited = [](const std::string& id) {
    JobRecord record = job(id);
    record.created_at = kNow;
    record.limit_key = "oven";
    record.limit_jobs = 1;
    return record;
  };
  warm_up();
  enqueue(limited("first"));
  for (int i = 0; i < 200; ++i) enqueue(limited("j" + std::to_string(i)));
  const Execution run = claim({"q"}).started.at(0).run;

  EXPECT_EQ(test::total(cost_of([&] { enqueue(limited("last")); })), 1 + 7);

  const auto free = cost_of([&] { succeed(limited("first"), run); });
  EXPECT_EQ(free.at("zpopmin"), 1);
  EXPECT_LE(test::total(free), 1 + 14 + 8);
}

TEST_F(Budget, WebhooksCostNoCommand) {
  warm_up();
  JobRecord hooked = job("j1");
  hooked.webhooks = new_webhooks(std::vector<Webhook>{{.url = "http://h/x"}});
  protocol::Claim taken;
  const auto run = [&](const JobRecord& one) {
    enqueue(one);
    taken = claim({"q"});
    succeed(one, taken.started.at(0).run);
  };
  const auto plain = cost_of([&] { run(job("j0")); });

  EXPECT_EQ(cost_of([&] { run(hooked); }), plain);
  EXPECT_EQ(read_whole_job("j1", taken.started.at(0).fields).value().webhooks, hooked.webhooks);
}

TEST_F(Budget, RenewingALeaseIsEightCommands) {
  const Execution run = start(job("j1"));
  connection.run(renew(std::span(&run, 1), 90s, kNow));

  const auto cost = cost_of([&] { connection.run(renew(std::span(&run, 1), 90s, kLater)); });

  EXPECT_LE(test::total(cost), 8 + 1);
}

TEST_F(Budget, CancelAndDeleteAreBounded) {
  enqueue(job("warm"));
  connection.run(cancel("warm", kNow));
  connection.run(delete_job("warm", kNow));
  enqueue(job("j1"));

  EXPECT_LE(test::total(cost_of([this] { connection.run(cancel("j1", kNow)); })), 5);
  EXPECT_LE(test::total(cost_of([this] { connection.run(delete_job("j1", kNow)); })), 5);
}

}  // namespace
}  // namespace rqpp::protocol
