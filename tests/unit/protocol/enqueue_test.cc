#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/job_id.h"
#include "protocol/transitions.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using redis::to_text;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

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

std::vector<JobRecord> numbered_jobs(int count) {
  std::vector<JobRecord> jobs;
  for (int i = 0; i < count; ++i) jobs.push_back({.id = std::to_string(i), .origin = "q"});
  return jobs;
}

/// The commands behind the hashes, each with the number of its words, its first and its last id.
std::vector<std::string> pushes(const redis::Batch& batch) {
  std::vector<std::string> shown;
  for (const auto& [args, script] : batch.commands()) {
    if (args[0] == "HSET") continue;
    shown.push_back(args[0] + " " + std::to_string(args.size() - 2) + ": " + args[2] + " to " +
                    args.back());
  }
  return shown;
}

TEST(Enqueue, AddsNoMoreThanAHundredIdsWithOneCommand) {
  const auto jobs = numbered_jobs(201);

  EXPECT_THAT(pushes(enqueue(jobs, Position::back)),
              ElementsAre("RPUSH 100: 0 to 99", "RPUSH 100: 100 to 199", "RPUSH 1: 200 to 200"));
  EXPECT_THAT(pushes(schedule(jobs, kCreated)),
              ElementsAre("ZADD 200: 1795417461 to 99", "ZADD 200: 1795417461 to 199",
                          "ZADD 2: 1795417461 to 200"));
}

TEST(Enqueue, AddsManyToTheFrontInOneStep) {
  const redis::Batch batch = enqueue(numbered_jobs(150), Position::front);

  EXPECT_THAT(pushes(batch), ElementsAre("LPUSH 50: 149 to 100", "LPUSH 100: 99 to 0"));
  EXPECT_TRUE(batch.is_atomic());
}

/// [begin, end) of each.
std::vector<std::pair<std::size_t, std::size_t>> transactions(const redis::Batch& batch) {
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (const auto& each : batch.transactions()) all.emplace_back(each.begin, each.end);
  return all;
}

TEST(Enqueue, LeavesNoHashWithoutItsQueueWhenAWriteOfManyIsCut) {
  using Places = std::vector<std::pair<std::size_t, std::size_t>>;
  const auto jobs = numbered_jobs(201);

  const Places parts{{0, 101}, {101, 202}, {202, 204}};
  EXPECT_EQ(transactions(enqueue(jobs, Position::back)), parts);
  EXPECT_EQ(transactions(schedule(jobs, kCreated)), parts);
  EXPECT_TRUE(transactions(enqueue(numbered_jobs(1), Position::back)).empty());
}

TEST(Enqueue, ReplacesWhatHadTheIdThatAProducerNames) {
  const JobRecord job{
      .id = "j1", .origin = "q", .data = "D", .created_at = kCreated, .named = true};
  const std::string hash = "created_at 2026-11-23T07:04:20.544715Z data D origin q";

  EXPECT_EQ(
      to_text(enqueue(std::span(&job, 1), Position::front)),
      "\nreplace_job(rq:job:j1 rq:queue:q | j1 1795417460 2026-11-23T07:04:20.544715Z \"\" LPUSH "
      "\"\" \"\" 0 0 " +
          hash + ")\n");
  EXPECT_EQ(
      to_text(schedule(std::span(&job, 1), kCreated)),
      "\nreplace_job(rq:job:j1 rq:scheduled:q | j1 1795417460 2026-11-23T07:04:20.544715Z \"\" "
      "ZADD 1795417461 \"\" 0 0 " +
          hash + ")\n");
}

TEST(Enqueue, WritesTheLastOfSeveralJobsOfOneId) {
  std::vector<JobRecord> jobs = numbered_jobs(2);
  for (const char* data : {"A", "B"}) {
    jobs.push_back({.id = "j", .origin = "q", .data = data, .created_at = kCreated, .named = true});
  }

  EXPECT_EQ(to_text(enqueue(jobs, Position::back)), R"(
replace_job(rq:job:j | j 1795417460 2026-11-23T07:04:20.544715Z "" "" "" "" 0 0 created_at 2026-11-23T07:04:20.544715Z data B origin q)
HSET rq:job:0 origin q
HSET rq:job:1 origin q
RPUSH rq:queue:q 0 1 j
)");
}

TEST(Enqueue, AddsMembersToAGroupByHundreds) {
  auto jobs = numbered_jobs(150);
  for (JobRecord& job : jobs) job.group_id = "g";

  EXPECT_THAT(pushes(enqueue(jobs, Position::back)),
              ElementsAre("SADD 100: 0 to 99", "SADD 1: g to g", "RPUSH 100: 0 to 99",
                          "SADD 50: 100 to 149", "SADD 1: g to g", "RPUSH 50: 100 to 149"));
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

TEST(CheckKnownId, TakesWhateverMayBeInRedis) {
  for (const char* id : {"a:b", "a.b", "a b", "\xc3\xa4", "a\n", "\xff"}) {
    EXPECT_NO_THROW(check_known_id(id)) << id;
  }
  EXPECT_THROW(check_known_id(""), InvalidArgument);
}

TEST(CheckParentId, RefusesWhatJsonCannotHold) {
  EXPECT_NO_THROW(check_parent_id("user:42 \"\xc3\xa4\"\n"));
  EXPECT_THROW(check_parent_id(""), InvalidArgument);
  EXPECT_THROW(check_parent_id("\xff"), InvalidArgument);
}

TEST(CheckQueueName, RefusesWhatAWorkersListOfQueuesCannotHold) {
  EXPECT_NO_THROW(check_queue_name("mail:high 1"));
  EXPECT_THROW(check_queue_name(""), InvalidArgument);
  EXPECT_THROW(check_queue_name("a,b"), InvalidArgument);
}

}  // namespace
}  // namespace rqpp::protocol
