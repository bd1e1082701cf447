#include <gmock/gmock.h>

#include "redis/client/client_test.h"

#include <rqpp/error.h>

namespace rqpp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class UniqueJob : public ClientTest {
 protected:
  /// The id of the job that is in the way; empty if none is.
  std::string refusal(const Call& call, const EnqueueOptions& options) {
    try {
      queue.enqueue(call, options);
      return {};
    } catch (const DuplicateJob& error) {
      text_ = error.what();
      return error.job_id();
    }
  }
  std::string text_{};
};

TEST_F(UniqueJob, OfAnIdIsRefusedAsLongAsThereIsOne) {
  const EnqueueOptions options{.job_id = "j1", .unique = true};

  EXPECT_EQ(refusal(kSlowFib(1), options), "");
  EXPECT_EQ(refusal(kSlowFib(2), options), "j1");
  EXPECT_EQ(text_, "there is a job 'j1' already");
  EXPECT_THAT(queue.ids(), ElementsAre("j1"));
  run_next(1);
  EXPECT_EQ(refusal(kSlowFib(2), options), "j1");
  queue.job("j1").remove();

  EXPECT_EQ(refusal(kSlowFib(2), options), "");
}

TEST_F(UniqueJob, LooksAsAnyOther) {
  const EnqueueOptions options{.ttl = 60s, .job_id = "j1"};
  queue.enqueue(kSlowFib(1), options);
  const std::string fields = ask("HKEYS", "rq:job:j1").elements.at(0).text;
  const auto count = ask("HLEN", "rq:job:j1").number;
  queue.job("j1").remove();

  queue.enqueue(kSlowFib(1), {.ttl = 60s, .job_id = "j1", .unique = true});

  EXPECT_EQ(ask("HKEYS", "rq:job:j1").elements.at(0).text, fields);
  EXPECT_EQ(ask("HLEN", "rq:job:j1").number, count);
  EXPECT_EQ(ask("TTL", "rq:job:j1").number, 60);
  EXPECT_EQ(ask("SISMEMBER", "rq:queues", "rq:queue:q").number, 1);
}

TEST_F(UniqueJob, GoesToTheFrontOrAmongTheScheduledOnes) {
  queue.enqueue(kSlowFib(1), {.job_id = "j1"});
  queue.enqueue(kSlowFib(1), {.job_id = "j2", .at_front = true, .unique = true});
  queue.enqueue_in(60s, kSlowFib(1), {.job_id = "j3", .unique = true});

  EXPECT_THAT(queue.ids(), ElementsAre("j2", "j1"));
  EXPECT_THAT(queue.registry(RegistryKind::scheduled).ids(), ElementsAre("j3"));
  EXPECT_THROW(queue.enqueue_in(60s, kSlowFib(1), {.job_id = "j1", .unique = true}), DuplicateJob);
}

TEST_F(UniqueJob, OfACallIsRefusedWithinItsWindow) {
  const EnqueueOptions options{.unique_for = 60s};
  const auto first = queue.enqueue(kSlowFib(1), options);

  EXPECT_EQ(refusal(kSlowFib(1), options), first.id());
  EXPECT_EQ(text_,
            "job '" + first.id() + "' is the same call, and was enqueued within the last 60 s");
  EXPECT_THROW(queue.sibling("other").enqueue(kSlowFib(1), options), DuplicateJob);
  EXPECT_EQ(refusal(kSlowFib(2), options), "");
  EXPECT_EQ(refusal(kSlowFib(1), {}), "");  // who does not ask is not refused
  const std::string key = ask("KEYS", "rqpp:unique:*").elements.at(0).text;
  EXPECT_EQ(ask("TTL", key).number, 60);
}

TEST_F(UniqueJob, OfACallMayComeAgainAfterItsWindow) {
  const EnqueueOptions options{.unique_for = 60s};
  queue.enqueue(kSlowFib(1), options);
  for (const redis::Reply& key : ask("KEYS", "rqpp:unique:*").elements) ask("DEL", key.text);

  EXPECT_EQ(refusal(kSlowFib(1), options), "");

  EXPECT_EQ(queue.size(), 2);
}

TEST_F(UniqueJob, OfACallMayComeAgainWhenItWasCanceled) {
  const EnqueueOptions options{.unique_for = 60s};
  const auto first = queue.enqueue(kSlowFib(1), options);
  queue.job(first.id()).cancel();

  EXPECT_EQ(refusal(kSlowFib(1), options), "");
}

TEST_F(UniqueJob, OfACallMayComeAgainWhenItsJobWasTakenAway) {
  const EnqueueOptions options{.unique_for = 60s};
  const auto enqueue = [&] { return queue.job(queue.enqueue(kSlowFib(1), options).id()); };

  enqueue().remove();
  enqueue();
  queue.clear();
  enqueue();
  queue.remove_queue();
  AnyJob canceled = enqueue();
  canceled.cancel();
  canceled.remove();
  enqueue().cancel();
  EXPECT_EQ(queue.registry(RegistryKind::canceled).remove_all().changed, 1);
  const std::vector<std::string> finished{enqueue().id()};
  run_next(1);
  EXPECT_EQ(queue.registry(RegistryKind::finished).remove(finished).changed, 1);
  const std::string last = enqueue().id();
  queue.enqueue(kSlowFib(2), {.job_id = last});

  EXPECT_EQ(refusal(kSlowFib(1), options), "");
}

TEST_F(UniqueJob, OfACallIsRefusedWithinItsWindowThoughItsJobHasLeftNothing) {
  queue.enqueue(kSlowFib(1), {.result_ttl = 0s, .unique_for = 60s});
  const protocol::Execution run = start();
  connection.run(protocol::settle({.id = run.job_id, .result_ttl_seconds = 0}, run,
                                  protocol::Succeeded{}, {Time{1'000s}, Time{1'001s}}, 500s));
  ASSERT_TRUE(ask("KEYS", "rq:job:*").elements.empty());

  EXPECT_NE(refusal(kSlowFib(1), {.unique_for = 60s}), "");
}

TEST_F(UniqueJob, WhenItIsTakenAwayLeavesTheWindowOfALaterOne) {
  const EnqueueOptions options{.unique_for = 60s};
  AnyJob first = queue.job(queue.enqueue(kSlowFib(1), options).id());
  first.cancel();
  const auto second = queue.enqueue(kSlowFib(1), options);

  first.remove();

  EXPECT_EQ(refusal(kSlowFib(1), options), second.id());
}

TEST_F(UniqueJob, IsOneOfItsKindAlsoAmongManyProducers) {
  std::vector<std::future<int>> producers;
  for (int i = 0; i < 8; ++i) {
    producers.push_back(std::async(std::launch::async, [] {
      Queue own("q", options());
      int enqueued = 0;
      for (int n = 0; n < 50; ++n) {
        try {
          own.enqueue(kSlowFib(n), {.unique_for = 60s});
          enqueued += 1;
        } catch (const DuplicateJob&) {
        }
      }
      return enqueued;
    }));
  }
  int sum = 0;
  for (auto& producer : producers) sum += producer.get();

  EXPECT_EQ(sum, 50);
  EXPECT_EQ(queue.size(), 50);
}

TEST_F(UniqueJob, TakesOneRoundTripAndAtMost6Commands) {
  refusal(kSlowFib(0), {.unique_for = 60s});
  test::reset_counts(connection);

  refusal(kSlowFib(1), {.unique_for = 60s});

  const auto cost = test::command_counts(connection);
  EXPECT_EQ(cost.at("evalsha"), 1);
  EXPECT_EQ(cost.count("hsetnx"), 0);
  EXPECT_LE(test::total(cost), 1 + 5);
  test::reset_counts(connection);
  refusal(kSlowFib(2), {.job_id = "j", .unique = true});
  EXPECT_LE(test::total(test::command_counts(connection)), 1 + 3);
}

TEST_F(UniqueJob, CannotBeMany) {
  const std::vector<Call> calls{kSlowFib(1)};

  EXPECT_THROW(queue.enqueue_many(calls, {.unique = true}), InvalidArgument);
  EXPECT_THROW(queue.enqueue_many(calls, {.unique_for = 1s}), InvalidArgument);
}

}  // namespace
}  // namespace rqpp
