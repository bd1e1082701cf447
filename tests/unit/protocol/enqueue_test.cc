#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/transitions.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using redis::to_text;
using namespace std::chrono_literals;

const Time kCreated{1'795'417'460s + 544'715us};

TEST(Enqueue, WritesTheHashBeforeItsId) {
  const JobRecord job{.id = "j1",
                      .origin = "mail",
                      .status = Status::queued,
                      .description = "m.f()",
                      .data = "D",
                      .created_at = kCreated,
                      .enqueued_at = kCreated,
                      .timeout_seconds = 180};

  EXPECT_EQ(to_text(enqueue(std::span(&job, 1), Position::back)), R"(
HSET rq:job:j1 created_at 2026-11-23T07:04:20.544715Z data D status queued origin mail description m.f() enqueued_at 2026-11-23T07:04:20.544715Z timeout 180
RPUSH rq:queue:mail j1
)");
}

TEST(Enqueue, ExpiresAJobWithATimeToLiveBeforeAnyWorkerSeesIt) {
  const JobRecord job{.id = "j1", .origin = "q", .data = "D", .ttl_seconds = 60};

  EXPECT_EQ(to_text(enqueue(std::span(&job, 1), Position::back)), R"(
HSET rq:job:j1 data D origin q ttl 60
EXPIRE rq:job:j1 60
RPUSH rq:queue:q j1
)");
}

TEST(Enqueue, PushesManyIdsAtOnce) {
  const std::vector<JobRecord> jobs{{.id = "j1", .origin = "q", .data = "A"},
                                    {.id = "j2", .origin = "q", .data = "B"}};

  EXPECT_EQ(to_text(enqueue(jobs, Position::back)), R"(
HSET rq:job:j1 data A origin q
HSET rq:job:j2 data B origin q
RPUSH rq:queue:q j1 j2
)");
}

TEST(Enqueue, RunsTheFirstJobFirstAtTheFrontToo) {
  const std::vector<JobRecord> jobs{{.id = "j1", .origin = "q", .data = "A"},
                                    {.id = "j2", .origin = "q", .data = "B"}};

  EXPECT_EQ(to_text(enqueue(jobs, Position::front)), R"(
HSET rq:job:j1 data A origin q
HSET rq:job:j2 data B origin q
LPUSH rq:queue:q j2 j1
)");
}

TEST(Enqueue, SendsNothingForNoJobs) { EXPECT_TRUE(enqueue({}, Position::back).empty()); }

TEST(AnnounceQueue, NamesTheQueuesKey) {
  EXPECT_EQ(to_text(announce_queue("mail")), "\nSADD rq:queues rq:queue:mail\n");
}

TEST(CheckJobId, TakesWhatRqTakes) {
  EXPECT_NO_THROW(check_job_id("aZ09_-"));
  for (const char* id : {"", "a:b", "a.b", "a b", "\xc3\xa4", "a\n"}) {
    EXPECT_THROW(check_job_id(id), InvalidArgument) << id;
  }
}

TEST(CheckQueueName, RefusesWhatAWorkersListOfQueuesCannotHold) {
  EXPECT_NO_THROW(check_queue_name("mail:high 1"));
  EXPECT_THROW(check_queue_name(""), InvalidArgument);
  EXPECT_THROW(check_queue_name("a,b"), InvalidArgument);
}

}  // namespace
}  // namespace rqpp::protocol
