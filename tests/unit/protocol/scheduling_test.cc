#include "protocol/scheduling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/new_job.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "support/replies.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using test::array;
using test::number;
using test::text;
using namespace std::chrono_literals;
using redis::Reply;
using redis::to_text;
using testing::ElementsAre;

const std::vector<std::string> kQueues{"a", "b"};

TEST(ScheduleJobs, WritesTheHashBeforeItsId) {
  const JobRecord job{.id = "j1",
                      .origin = "mail",
                      .status = Status::scheduled,
                      .data = "D",
                      .ttl_seconds = 60,
                      .enqueue_at_front = true};

  EXPECT_EQ(to_text(schedule(std::span(&job, 1), Time{1'000s})), R"(
HSET rq:job:j1 data D status scheduled origin mail ttl 60 enqueue_at_front 1
EXPIRE rq:job:j1 60
ZADD rq:scheduled:mail 1000 j1
)");
}

TEST(ScheduleJobs, IsNeverEarly) {
  const JobRecord job{.id = "j1", .origin = "q", .data = "D"};

  EXPECT_EQ(to_text(schedule(std::span(&job, 1), Time{1'000s + 1us})), R"(
HSET rq:job:j1 data D origin q
ZADD rq:scheduled:q 1001 j1
)");
}

TEST(ScheduleJobs, NamesManyIdsInOneCommand) {
  const std::vector<JobRecord> jobs{{.id = "j1", .origin = "q", .data = "A"},
                                    {.id = "j2", .origin = "q", .data = "B"}};

  EXPECT_EQ(to_text(schedule(jobs, Time{1'000s})), R"(
HSET rq:job:j1 data A origin q
HSET rq:job:j2 data B origin q
ZADD rq:scheduled:q 1000 j1 1000 j2
)");
  EXPECT_TRUE(schedule({}, Time{1'000s}).empty());
}

TEST(ScheduleJobs, TakesTimesThatPythonCanRead) {
  const JobRecord job{.id = "j1", .status = Status::queued, .enqueued_at = Time{5s}};
  const Time last = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};

  const JobRecord later = scheduled(job, last, Position::back);

  EXPECT_EQ(later.status, Status::scheduled);
  EXPECT_EQ(later.enqueued_at, std::nullopt);
  EXPECT_FALSE(later.enqueue_at_front);
  EXPECT_THROW(scheduled(job, Time{-1s}, Position::back), InvalidArgument);
  EXPECT_THROW(scheduled(job, last + 24h, Position::back), InvalidArgument);
}

TEST(ScheduleJobs, RefusesWhatWaitsForOthersToo) {
  const JobRecord job{.id = "j1", .dependency_ids = {"p"}};

  EXPECT_THROW(scheduled(job, Time{5s}, Position::back), InvalidArgument);
}

TEST(DueTime, IsTheScore) {
  EXPECT_EQ(to_text(due_time("mail", "j1")), "\nZSCORE rq:scheduled:mail j1\n");
  EXPECT_EQ(read_due_time(text("1000")), Time{1'000s});
  EXPECT_EQ(read_due_time({}), std::nullopt);
}

TEST(Scheduling, SharesQueuesByRqsLocks) {
  EXPECT_EQ(to_text(hold_queues("42", kQueues, 30s)),
            "\nhold_queues(rq:scheduler-lock:a rq:scheduler-lock:b | 42 30)\n");
  EXPECT_EQ(to_text(release_queues("42", kQueues)),
            "\nrelease_queues(rq:scheduler-lock:a rq:scheduler-lock:b | 42)\n");
  EXPECT_THAT(read_queue_holds(array({number(-1), number(2'500), number(-2)})),
              ElementsAre(QueueHold{.ours = true}, QueueHold{.others_for = 2500ms}, QueueHold{}));
}

TEST(Scheduling, SaysWhoItIs) {
  const SchedulerRecord self{
      .name = "42", .hostname = "h", .pid = 7, .queues = kQueues, .created_at = Time{1'000s}};

  EXPECT_EQ(to_text(announce_scheduler(self, 61s, Time{1'010s})), R"(
HSET rq:scheduler:42 name 42 hostname h pid 7 queues a,b created_at 1970-01-01T00:16:40.000000Z last_heartbeat 1970-01-01T00:16:50.000000Z
EXPIRE rq:scheduler:42 61
)");
  EXPECT_EQ(to_text(forget_scheduler("42")), "\nDEL rq:scheduler:42\n");
}

TEST(Scheduling, NamesTheTimeAndTheQueuesOfWhatIsDue) {
  EXPECT_EQ(to_text(enqueue_due("42", kQueues, 50, Time{1'000s + 500ms})),
            "\nenqueue_due(| 42 1000.5 1970-01-01T00:16:40.500000Z 50 a b)\n");
}

TEST(Scheduling, ReadsWhatWasEnqueued) {
  const Reply dropped = array({array({text("j1"), text("it has expired")})});

  EXPECT_THAT(read_moved(array({array({text("ok"), number(2), dropped}),
                                array({text("lost"), number(0), array({})}),
                                array({text("WRONGTYPE"), number(0), array({})})})),
              ElementsAre(Moved{.count = 2, .dropped = {{"j1", "it has expired"}}},
                          Moved{.ours = false}, Moved{.error = "WRONGTYPE"}));
  EXPECT_THROW(read_moved(array({text("ok")})), DecodeError);
}

TEST(Scheduling, ReadsWhenTheNextJobIsDue) {
  EXPECT_EQ(to_text(next_due(kQueues)), R"(
ZRANGE rq:scheduled:a 0 0 WITHSCORES
ZRANGE rq:scheduled:b 0 0 WITHSCORES
)");
  EXPECT_EQ(read_next_due(array({})), std::nullopt);
  EXPECT_EQ(read_next_due(array({text("j1"), text("1000.5")})), Time{1'000s + 500ms});
  EXPECT_EQ(read_next_due(array({text("j1"), text("-inf")})), Time{});
  EXPECT_EQ(read_next_due(array({text("j1"), text("inf")})), std::nullopt);
  EXPECT_EQ(read_next_due(array({text("j1"), text("1e300")})), std::nullopt);
}

}  // namespace
}  // namespace rqpp::protocol
