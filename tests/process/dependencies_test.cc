// Jobs that wait for others, and the workers that let them go.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

#include "support/fleet_test.h"
#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Dependents : public WorkerTest {};

TEST_F(Dependents, RunInTheSameBurstAsTheirParents) {
  const AnyJob first = enqueue("sums.add", {1, 2});
  const AnyJob second = enqueue("sums.add", {3, 4}, {.depends_on = first});
  const AnyJob third = enqueue("sums.add", {5, 6}, {.depends_on = {first, second}});

  const Ended worker = burst();

  EXPECT_EQ(third.result(), Value(11));
  EXPECT_EQ(worker.exit_code, 0);
  EXPECT_THAT(worker.err, HasSubstr("1 jobs that waited for job " + second.id() + " are enqueued"));
}

TEST_F(Dependents, OfAFailureRunIfTheyAllowIt) {
  const AnyJob parent = enqueue("sums.fail", {"no"});
  const AnyJob strict = enqueue("sums.add", {1, 2}, {.depends_on = parent});
  const AnyJob tolerant =
      enqueue("sums.add", {3, 4}, {.depends_on = {parent, {.allow_failure = true}}});

  burst();

  EXPECT_EQ(strict.status(), Status::deferred);
  EXPECT_EQ(tolerant.result(), Value(7));
}

TEST_F(Dependents, SixHundredAreReleasedInSlices) {
  const AnyJob parent = enqueue("sums.add", {1, 2});
  const auto children = queue_.enqueue_many(
      std::vector<Call>(600, Call{.function = "sums.add", .args = {1, 2}}), {.depends_on = parent});

  burst({"--horses", "2", "--jobs-per-horse", "1000"});

  for (const auto& result : queue_.results_of(children)) EXPECT_EQ(result, Value(3));
  EXPECT_EQ(ask("EXISTS", "rq:deferred:default", "rqpp:releases").number, 0);
}

constexpr Task<long(int, int)> kAdd{"sums.add"};

TEST_F(Dependents, TakeTheResultsOfTheirParents) {
  const auto one = queue_.enqueue(kAdd(1, 2));
  const auto two = queue_.enqueue(kAdd(result_of(one), 10));
  const auto three = queue_.enqueue(
      call<long>("sums.add", result_of(two)).with("b", result_of(one)), {.depends_on = one});

  burst();

  EXPECT_EQ(two.result(), 13);
  EXPECT_EQ(three.result(), 16);
}

TEST_F(Dependents, FailIfAResultThatTheyTakeIsGoneOrNone) {
  const AnyJob failed = enqueue("sums.fail", {"no"});
  const auto after_failure = queue_.enqueue(kAdd(result_of<int>(failed), 1),
                                            {.depends_on = {"x", {.allow_failure = true}}});
  const auto after_nobody = queue_.enqueue(kAdd(1, ResultOf<int>{"vanished"}));
  ask("SET", "rq:results:odd", "no stream");
  const auto after_oddity = queue_.enqueue(kAdd(1, ResultOf<int>{"odd"}));

  burst();

  EXPECT_THAT(after_failure.exc_info(),
              HasSubstr("argument 1 of the job is the result of job '" + failed.id() +
                        "', which is none: it did not return"));
  EXPECT_THAT(after_nobody.exc_info(),
              HasSubstr("argument 2 of the job is the result of job 'vanished', which is gone"));
  EXPECT_EQ(after_oddity.status(), Status::failed);
}

class DependentsOfSeveral : public FleetTest {
 protected:
  bool is_gone(const AnyJob& job) {
    return becomes_true([&] { return ask("EXISTS", "rq:results:" + job.id()).number == 0; });
  }
};

TEST_F(DependentsOfSeveral, TakeAResultThatExpiresWhileTheyWaitForAnother) {
  start("w", {"--horses", "2"});
  const AnyJob other = enqueue_gated("default", "gate");
  const AnyJob brief = enqueue("default", "sums.add", {1, 2}, {.result_ttl = 1s});
  const auto child =
      queue("default").enqueue(kAdd(result_of<int>(brief), 10), {.depends_on = other});
  ASSERT_TRUE(is_gone(brief));
  ASSERT_EQ(child.status(), Status::deferred);

  open("gate");

  EXPECT_EQ(child.wait(30s), 13);
}

TEST_F(DependentsOfSeveral, TakeAResultThatWasThereWhenTheyWereEnqueued) {
  start("w", {"--horses", "2"});
  const AnyJob other = enqueue_gated("default", "gate");
  const AnyJob brief = enqueue("default", "sums.add", {1, 2}, {.result_ttl = 2s});
  brief.wait(30s);
  const auto child =
      queue("default").enqueue(kAdd(result_of<int>(brief), 10), {.depends_on = other});
  ASSERT_TRUE(is_gone(brief));

  open("gate");

  EXPECT_EQ(child.wait(30s), 13);
}

class DependentsOfTheLost : public FleetTest {};

TEST_F(DependentsOfTheLost, AreReleasedByTheHeir) {
  // Its maintenance at the start could find the child, whose parent has ended.
  start("w1", {"--maintenance-interval", "0"});
  const AnyJob lost = enqueue_gated("default", "never");
  const AnyJob after_loss =
      enqueue("default", "sums.add", {1, 2}, {.depends_on = {lost, {.allow_failure = true}}});
  // Another parent ended there, and the worker died before it told anybody.
  const AnyJob parent = enqueue("elsewhere", "sums.add", {1, 2});
  const AnyJob child = enqueue("default", "sums.add", {3, 4}, {.depends_on = parent});
  ask("HSET", "rq:job:" + parent.id(), "status", "finished");
  ask("ZADD", "rqpp:releases", "1", parent.id());
  ASSERT_TRUE(becomes(lost, Status::started));
  ASSERT_EQ(child.status(), Status::deferred);

  kill("w1");
  start("w2");

  EXPECT_TRUE(becomes(after_loss, Status::finished, 40s));
  EXPECT_TRUE(becomes(child, Status::finished));
  EXPECT_TRUE(becomes_true([&] { return ask("EXISTS", "rqpp:releases").number == 0; }));
}

}  // namespace
}  // namespace rqpp::test
