#include <gmock/gmock.h>

#include "base/clock.h"
#include "redis/client/client_test.h"

#include <rqpp/error.h>

namespace rqpp {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ScheduleJob : public ClientTest {
 protected:
  static Time tomorrow() { return std::chrono::ceil<std::chrono::seconds>(base::now()) + 24h; }
  std::int64_t scheduled() { return ask("ZCARD", "rq:scheduled:q").number; }
};

TEST_F(ScheduleJob, WaitsForItsTimeOutsideTheQueue) {
  const Time due = tomorrow();

  const Job<long> job = queue.enqueue_at(due, kSlowFib(20), {.timeout = 30s});

  const JobInfo info = job.info();
  EXPECT_EQ(info.status, Status::scheduled);
  EXPECT_EQ(info.due_at, due);
  EXPECT_EQ(info.enqueued_at, std::nullopt);
  EXPECT_EQ(info.timeout, 30s);
  EXPECT_EQ(job.result(), std::nullopt);
  EXPECT_THAT(queue.ids(), IsEmpty());
  EXPECT_EQ(ask("SISMEMBER", "rq:queues", "rq:queue:q").number, 1);
}

TEST_F(ScheduleJob, IsDueAfterADelay) {
  const Time before = base::now();

  const JobInfo info = queue.enqueue_in(10min, call("m.f"), {.at_front = true}).info();

  EXPECT_GE(info.due_at, before + 10min);
  EXPECT_LE(info.due_at, base::now() + 10min + 1s);
  EXPECT_EQ(ask("HGET", "rq:job:" + info.id, "enqueue_at_front").text, "1");
}

TEST_F(ScheduleJob, TakesAsManyCommandsAsAnEnqueue) {
  queue.enqueue_in(1h, kSlowFib(20));
  test::reset_counts(connection);

  queue.enqueue_in(1h, kSlowFib(21));

  EXPECT_EQ(test::command_counts(connection),
            (std::map<std::string, std::int64_t>{{"hset", 1}, {"zadd", 1}}));
}

TEST_F(ScheduleJob, MayBeManyInFewRoundTrips) {
  std::vector<TypedCall<long>> calls;
  for (int n = 0; n < 1'500; ++n) calls.push_back(kSlowFib(n));
  (void)queue.size();
  test::reset_counts(connection);

  const auto jobs = queue.enqueue_many_at(tomorrow(), calls);

  EXPECT_EQ(test::command_counts(connection).at("zadd"), 15);  // a hundred ids each
  EXPECT_THAT(jobs, SizeIs(1'500));
  EXPECT_EQ(scheduled(), 1'500);
}

TEST_F(ScheduleJob, CanBeTakenBack) {
  Job<long> canceled = queue.enqueue_in(1h, kSlowFib(20));
  Job<long> deleted = queue.enqueue_in(1h, kSlowFib(20));

  canceled.cancel();
  deleted.remove();

  EXPECT_EQ(scheduled(), 0);
  EXPECT_EQ(canceled.info().status, Status::canceled);
  EXPECT_EQ(canceled.info().due_at, std::nullopt);
  EXPECT_FALSE(deleted.exists());
}

TEST_F(ScheduleJob, RefusesTimesThatAreNone) {
  const auto text_of = [](const auto& action) -> std::string {
    try {
      action();
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "it was taken";
  };

  EXPECT_THAT(text_of([this] { queue.enqueue_in(-1s, kSlowFib(1)); }),
              HasSubstr("cannot enqueue a job in -1 s: use 0 s or more"));
  EXPECT_THAT(text_of([this] { queue.enqueue_in(std::chrono::seconds::max(), kSlowFib(1)); }),
              HasSubstr("before the year 10000"));
  EXPECT_THAT(text_of([this] { queue.enqueue_at(Time{-5s}, kSlowFib(1)); }),
              HasSubstr("use a time in the years 1970 to 9999"));
  EXPECT_THAT(text_of([this] { queue.enqueue_at(Time::max(), kSlowFib(1)); }),
              HasSubstr("use a time in the years 1970 to 9999"));
  EXPECT_EQ(ask("DBSIZE").number, 0);
}

}  // namespace
}  // namespace rqpp
