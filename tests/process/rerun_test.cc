// Jobs that a worker runs more than once.

#include <algorithm>
#include <csignal>
#include <vector>

#include <gmock/gmock.h>

#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Type = Result::Type;

class Rerun : public WorkerTest {
 protected:
  static std::vector<Type> types(const AnyJob& job) {
    std::vector<Type> list;
    for (const Result& result : job.results()) list.push_back(result.type);
    return list;
  }
  static Value runs(const AnyJob& job) { return *job.meta().find("runs"); }
};

TEST_F(Rerun, FollowsAFailureUntilItSucceeds) {
  const AnyJob job = enqueue("reruns.fail_until", {3}, {.retry = {.max = 5}});

  burst();

  EXPECT_EQ(job.result(), Value(3));
  EXPECT_EQ(job.info().retries_left, 3);
  EXPECT_THAT(types(job), ElementsAre(Type::successful));
}

TEST_F(Rerun, DoesNotFollowAFailureThatIsForGood) {
  const AnyJob job = enqueue("reruns.fail_for_good", {}, {.retry = {.max = 5}});

  burst();

  EXPECT_EQ(runs(job), Value(1));
  EXPECT_EQ(job.status(), Status::failed);
  EXPECT_THAT(job.exc_info(), HasSubstr("rqpp::NonRetryable: no rerun helps"));
}

TEST_F(Rerun, FollowsAWishOfTheTask) {
  const AnyJob job = enqueue("reruns.ask_until", {3});

  const Ended worker = burst();

  EXPECT_EQ(job.result(), Value(3));
  EXPECT_EQ(job.info().number_of_retries, 2);
  EXPECT_THAT(types(job), ElementsAre(Type::successful, Type::retried, Type::retried));
  EXPECT_THAT(worker.err, HasSubstr("asks for another run and is enqueued again, 1 are left (it is "
                                    "too early)"));
}

TEST_F(Rerun, RefusesAWishTooMany) {
  const AnyJob job = enqueue("reruns.ask_until", {9});

  burst();

  EXPECT_EQ(runs(job), Value(3));
  EXPECT_EQ(job.status(), Status::failed);
  EXPECT_THAT(types(job), ElementsAre(Type::max_retries_exceeded, Type::retried, Type::retried));
}

TEST_F(Rerun, FollowsASnoozeAndLeavesNothingOfIt) {
  const AnyJob job = enqueue("reruns.snooze_until", {5}, {.retry = {.max = 1}});

  burst();

  EXPECT_EQ(job.result(), Value(5));
  EXPECT_EQ(job.info().retries_left, 1);
  EXPECT_THAT(types(job), ElementsAre(Type::successful));
}

TEST_F(Rerun, FollowsASuccessAsOftenAsTheJobSays) {
  const AnyJob job = enqueue("reruns.count", {}, {.repeat = {.times = 3}});

  burst();

  EXPECT_EQ(job.result(), Value(4));
  EXPECT_EQ(job.info().repeats_left, 0);
  EXPECT_THAT(types(job),
              ElementsAre(Type::successful, Type::successful, Type::successful, Type::successful));
}

TEST_F(Rerun, ThatWaitsIsEnqueuedByAScheduler) {
  const AnyJob job = enqueue("reruns.count", {}, {.repeat = {.times = 1, .intervals = {1s}}});
  burst();
  EXPECT_EQ(job.status(), Status::scheduled);

  Program worker(words({"--with-scheduler"}));

  while (job.status() != Status::finished) ::usleep(1'000);
  EXPECT_EQ(job.result(), Value(2));
}

TEST_F(Rerun, OrFirstRunWaitsForItsTurnWithinARateLimit) {
  const EnqueueOptions limited{.rate_limit = {.key = "oven", .count = 2, .per = 2s}};
  std::vector<AnyJob> jobs;
  for (int i = 0; i < 4; ++i) jobs.push_back(enqueue("sums.add", {1, i}, limited));
  Program worker(words({"--with-scheduler"}));

  std::vector<Time> begins;
  for (const AnyJob& job : jobs) {
    (void)job.wait(20s);
    begins.push_back(*job.info().started_at);
  }
  worker.signal(SIGTERM);
  const Ended ended = worker.wait();

  std::sort(begins.begin(), begins.end());
  EXPECT_GE(begins[2] - begins[0], 2s);
  EXPECT_GE(begins[3] - begins[1], 2s);
  EXPECT_THAT(ended.err, HasSubstr(" waits for its turn at "));
}

}  // namespace
}  // namespace rqpp::test
