#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "protocol/maintenance.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"

namespace rqpp::protocol {
namespace {

using redis::to_text;
using namespace std::chrono_literals;

const Time kNow{1'000s + 250ms};
const JobRecord kJob{.id = "j1", .origin = "q", .data = "D"};
const Execution kRun{
    .id = "e1", .job_id = "j1", .queue = "q", .worker = "w", .job_created = "C", .limit_key = "L"};

TEST(Claim, HandsTheScriptItsQueuesAndRuns) {
  const ClaimRequest request{
      .claimant = {.worker = "w~0123456789abcdef0123456789abcdef", .session = 3, .begun = 7},
      .number = 9,
      .queues = {"high", "low"},
      .execution_ids = {"e1", "e2"}};

  EXPECT_EQ(to_text(claim(request, 90s, kNow)), R"(
claim(rq:worker:w rq:worker:w:executions rqpp:inbox:w~0123456789abcdef0123456789abcdef rqpp:runs:w~0123456789abcdef0123456789abcdef rq:queue:high rq:queue:low | 1970-01-01T00:16:40.250000Z 1000.25 1000 90 w 0 1 2 0 session-3 7999999 9 e1 e2)
)");
}

TEST(Claim, SaysHowManyJobsBeginAtOnceAndThatThoseTakenAheadDo) {
  const ClaimRequest request{.claimant = {.worker = "w", .begun = 4},
                             .number = 5,
                             .queues = {"q"},
                             .execution_ids = {"e1", "e2", "e3"},
                             .ahead = 2,
                             .begins_ahead = true};

  EXPECT_THAT(to_text(claim(request, 90s, kNow)),
              testing::HasSubstr(" 90 w 0 1 1 1 session-1 4999999 5 e1 e2 e3)"));
  EXPECT_EQ(to_text(begin_ahead(request.claimant)), "\nZADD rqpp:runs:w XX 4999999 begun\n");
}

TEST(Claim, AndSettleLeaveOutWhatShowsARunThatIsSoonOver) {
  const ClaimRequest request{
      .claimant = {.worker = "w"}, .queues = {"q"}, .execution_ids = {"e1"}, .show = false};
  Execution run = kRun;
  run.shown = false;

  EXPECT_THAT(to_text(claim(request, 90s, kNow)),
              testing::HasSubstr(" 90 w 0 0 1 0 session-1 1999999 2 e1)"));
  EXPECT_THAT(
      to_text(settle(kJob, run, Succeeded{}, {kNow, kNow}, 500s)),
      testing::HasSubstr(
          " 1000 500 0 \"\" C L 4 started_at 1970-01-01T00:16:40.250000Z worker_name w type 1 "));
}

std::string script_of(const redis::Batch& batch) {
  return std::regex_replace(batch.commands().front().script->text(), std::regex("\\n"), " ");
}

TEST(ScriptsThatTakeJobs, ReadTheFieldsOfAJobInTheirOrder) {
  std::string fields;
  for (const std::string_view name : kJobFields) fields += fmt::format(", '{}'", name);
  const std::string read = "local names = {" + fields.substr(2) + "}";

  EXPECT_THAT(script_of(claim({.queues = {"q"}, .execution_ids = {"e"}}, 90s, kNow)),
              testing::HasSubstr(read));
  EXPECT_THAT(script_of(claim_arrival({.queue = "q", .execution_id = "e"})),
              testing::HasSubstr(read));
  EXPECT_THAT(script_of(inherit({.lost = "v", .execution_ids = {"e"}}, {}, kNow)),
              testing::HasSubstr(read));
  EXPECT_THAT(script_of(take_abandoned({.queue = "q", .execution_ids = {"e"}}, kNow)),
              testing::HasSubstr(read));
}

TEST(Settle, FinishesAJobWithItsResult) {
  EXPECT_EQ(to_text(settle(kJob, kRun, Succeeded{"V"}, {kNow - 1s, kNow}, 500s)), R"(
settle(rqpp:runs:w rq:worker:w:executions rqpp:scratch | j1 e1 q finished 1970-01-01T00:16:40.250000Z 1000 500 1 "" C L 0 type 1 worker_name w return_value Vg== execution_id e1 execution_started_at 999.25 execution_ended_at 1000.25)
)");
}

TEST(Settle, SaysWhatTheRunCost) {
  const RunTimes times{.started = kNow, .ended = kNow, .usage = Usage{.peak_memory_bytes = 7}};

  EXPECT_THAT(to_text(settle(kJob, kRun, Succeeded{}, times, 500s)),
              testing::HasSubstr("rqpp_usage \"wall_us=0 user_us=0 system_us=0 peak_bytes=7\""));
}

TEST(Settle, LeavesOutTheValueOfATaskThatReturnsNothing) {
  EXPECT_EQ(to_text(settle(kJob, kRun, Succeeded{}, {kNow, kNow}, 500s)).find("return_value"),
            std::string::npos);
}

TEST(Settle, FailsAJobWithTheErrorsText) {
  const redis::Batch batch = settle(kJob, kRun, Failed{"E"}, {kNow, kNow});

  const auto args = batch.commands()[0].args;
  const auto text = std::find(args.begin(), args.end(), "exc_string");
  EXPECT_EQ(std::count(args.begin(), args.end(), "failed"), 1);
  EXPECT_EQ(std::count(args.begin(), args.end(), "31536000"), 1);
  ASSERT_NE(text, args.end());
  EXPECT_EQ(*(text + 1), "eJxzBQAARgBG");  // base64 of zlib
}

TEST(Settle, PrefersTheTimesThatTheJobNames) {
  JobRecord job = kJob;
  job.result_ttl_seconds = -1;
  job.failure_ttl_seconds = 7;

  EXPECT_EQ(settle(job, kRun, Succeeded{}, {}, 500s).commands()[0].args.at(12), "-1");
  EXPECT_EQ(settle(job, kRun, Failed{}, {}).commands()[0].args.at(12), "7");
}

const PutBack kWaits{.position = Position::back, .due = kNow + 60s, .ended = kNow};

TEST(Settle, WritesTheEndIntoTheHashForAnRqThatReadsItThere) {
  JobRecord job = kJob;
  job.ends_in_hash = true;
  const RunTimes times{kNow, kNow};

  EXPECT_THAT(to_text(settle(job, kRun, Succeeded{"V"}, times, 500s)),
              testing::HasSubstr(" 2 result V type 1 "));
  EXPECT_THAT(to_text(settle(job, kRun, Succeeded{}, times, 500s)),
              testing::Not(testing::HasSubstr(" result ")));
  const std::string failed = to_text(settle(job, kRun, Failed{"why"}, times));
  EXPECT_THAT(failed, testing::HasSubstr(" 2 exc_info "));
  EXPECT_EQ(
      to_text(settle(job, kRun, Stopped{"why"}, times)).find(" 2 exc_info ") == std::string::npos,
      false);

  job.exc_info = "of a run before";
  EXPECT_THAT(to_text(settle(job, kRun, Succeeded{"V"}, times, 500s)),
              testing::HasSubstr(" 4 result V exc_info \"\" "));
  EXPECT_FALSE(may_finish(job, {.id = "e1", .shown = false}));
}

TEST(Settle, ShortensTheIntervalsOfARepeatButKeepsTheLast) {
  PutBack repeat = kWaits;
  repeat.repeats_left = 2;
  JobRecord job = kJob;
  const auto words_of = [&] {
    return to_text(settle(job, kRun, Succeeded{}, {kNow, kNow}, 500s, repeat));
  };

  job.repeat_intervals = {60, 10, 5};
  EXPECT_THAT(words_of(), testing::HasSubstr("repeat_intervals \"[10, 5]\""));
  job.repeat_intervals = {5};
  EXPECT_THAT(words_of(), testing::Not(testing::HasSubstr("repeat_intervals")));
}

TEST(Settle, SendsAJobBackThatRepeats) {
  PutBack repeat = kWaits;
  repeat.due.reset();
  repeat.repeats_left = 2;

  EXPECT_EQ(to_text(settle(kJob, kRun, Succeeded{}, {kNow, kNow}, 500s, repeat)), R"(
settle(rqpp:runs:w rq:worker:w:executions rqpp:scratch | j1 e1 q finished 1970-01-01T00:16:40.250000Z 1000 500 1 RPUSH C L 6 ended_at 1970-01-01T00:16:40.250000Z enqueued_at 1970-01-01T00:16:40.250000Z repeats_left 2 type 1 worker_name w execution_id e1 execution_started_at 1000.25 execution_ended_at 1000.25)
)");
}

TEST(Settle, SaysThatTheTaskAskedForAnotherRun) {
  PutBack again = kWaits;
  again.number_of_retries = 1;

  EXPECT_EQ(to_text(settle(kJob, kRun, AskedAgain{}, {kNow, kNow}, again)), R"(
settle(rqpp:runs:w rq:worker:w:executions rqpp:scratch | j1 e1 q failed 1970-01-01T00:16:40.250000Z 1000 31536000 1 1061 C L 4 ended_at 1970-01-01T00:16:40.250000Z number_of_retries 1 type 4 worker_name w execution_id e1 execution_started_at 1000.25 execution_ended_at 1000.25)
)");
}

TEST(Settle, SaysThatTheTaskAskedTooOften) {
  EXPECT_EQ(to_text(settle(kJob, kRun, AskedAgain{}, {kNow, kNow}, std::nullopt)), R"(
settle(rqpp:runs:w rq:worker:w:executions rqpp:scratch | j1 e1 q failed 1970-01-01T00:16:40.250000Z 1000 31536000 1 "" C L 0 type 5 worker_name w execution_id e1 execution_started_at 1000.25 execution_ended_at 1000.25)
)");
}

TEST(PutBack, SaysWhenTheRunEndedThatUsedUpARetry) {
  PutBack how = kWaits;
  how.retries_left = 1;

  EXPECT_EQ(to_text(put_back(kRun, how, kNow)), R"(
put_back(rqpp:runs:w rq:worker:w:executions | j1 e1 q RPUSH 1061 1000 1970-01-01T00:16:40.250000Z 1 C L ended_at 1970-01-01T00:16:40.250000Z retries_left 1)
)");
  EXPECT_EQ(to_text(put_back(kRun, {}, kNow)), R"(
put_back(rqpp:runs:w rq:worker:w:executions | j1 e1 q LPUSH "" 1000 1970-01-01T00:16:40.250000Z 1 C L)
)");
}

TEST(Finish, ListsEveryRunWithTheStreamOfItsResult) {
  Execution second = kRun;
  second.id = "e2";
  second.job_id = "j2";
  const std::vector<Finished> runs{{kRun, "V", {kNow - 1s, kNow}}, {second, "", {kNow, kNow}}};

  const redis::Batch batch = finish(runs, 500s, kNow);

  const auto args = batch.commands()[0].args;
  ASSERT_EQ(args.size(), 4U + 4 + 2 * 6);
  EXPECT_EQ(
      std::vector(args.begin() + 3, args.begin() + 12),
      (std::vector<std::string>{"rqpp:runs:w", "q", "w", "1000.25", "500", "j1", "e1",
                                "1970-01-01T00:16:39.250000Z", "1970-01-01T00:16:40.250000Z"}));
  EXPECT_THAT(args.at(12), testing::HasSubstr("return_value"));
  EXPECT_EQ(args.at(13), "C");
  EXPECT_THAT(args.at(18), testing::Not(testing::HasSubstr("return_value")));
}

TEST(Finish, MakesNoResultsThatNobodyWants) {
  const std::vector<Finished> runs{{kRun, "V", {kNow, kNow}}};

  EXPECT_EQ(finish(runs, 0s, kNow).commands()[0].args.at(12), "");
}

TEST(Finish, IsForPlainJobsOfRunsThatWereNotShown) {
  Execution run = kRun;
  run.shown = false;
  JobRecord limited = kJob;
  limited.limit_key = "oven";
  JobRecord child = kJob;
  child.dependency_ids = {"p"};
  JobRecord kept = kJob;
  kept.result_ttl_seconds = -1;

  EXPECT_TRUE(may_finish(kJob, run));
  EXPECT_FALSE(may_finish(kJob, kRun));
  EXPECT_FALSE(may_finish(limited, run));
  EXPECT_FALSE(may_finish(child, run));
  EXPECT_FALSE(may_finish(kept, run));
}

TEST(Renew, ListsEveryRun) {
  EXPECT_EQ(to_text(renew(std::span(&kRun, 1), 90s, kNow)), R"(
renew(rqpp:runs:w rq:worker:w:executions | 1970-01-01T00:16:40.250000Z 1000.25 1000 90 w j1 e1 q "" C)
)");
}

TEST(Heartbeat, IsTwoCommandsWhenNoWorkWasDone) {
  EXPECT_EQ(to_text(heartbeat("w", 480s, {}, kNow)), R"(
HSET rq:worker:w last_heartbeat 1970-01-01T00:16:40.250000Z
EXPIRE rq:worker:w 480
)");
}

TEST(Heartbeat, CountsTheWorkDone) {
  const WorkDone done{.succeeded = 2, .failed = 1, .working_time = 3'000'050us};

  EXPECT_EQ(to_text(heartbeat("w", 480s, done, kNow)), R"(
HSET rq:worker:w last_heartbeat 1970-01-01T00:16:40.250000Z
EXPIRE rq:worker:w 480
HINCRBY rq:worker:w successful_job_count 2
HINCRBY rq:worker:w failed_job_count 1
HINCRBYFLOAT rq:worker:w total_working_time 3.000050
)");
}

TEST(BecomeIdle, ForgetsTheCurrentJob) {
  EXPECT_EQ(to_text(rest("w", "idle", {})), R"(
HDEL rq:worker:w current_job current_job_working_time
HSET rq:worker:w state idle
)");
}

TEST(Death, LeavesTheQueues) {
  const std::vector<std::string> queues{"high", "low"};

  EXPECT_EQ(to_text(death({.worker = "w", .session = 2, .begun = 5}, queues, kNow)), R"(
death(rq:worker:w rq:workers rqpp:runs:w rqpp:inbox:w rqpp:leases rq:workers:high rq:workers:low | w 1970-01-01T00:16:40.250000Z 60 5999999 session-2)
)");
}

TEST(WaitForArrival, MovesToTheInbox) {
  EXPECT_EQ(to_text(wait_for_arrival("w", "q", 405s)),
            "\nBLMOVE rq:queue:q rqpp:inbox:w LEFT RIGHT 405\n");
}

TEST(ClaimArrival, TakesWhatLiesInTheInbox) {
  const ArrivalClaim request{.claimant = {.worker = "w", .session = 2, .begun = 3},
                             .number = 4,
                             .queue = "q",
                             .execution_id = "e"};

  EXPECT_EQ(to_text(claim_arrival(request)),
            "\nclaim_arrival(rq:worker:w rqpp:inbox:w rqpp:runs:w | q e session-2 3999999 4)\n");
}

TEST(AnnounceShutdown, SaysSinceWhen) {
  EXPECT_EQ(to_text(announce_shutdown("w", kNow)),
            "\nHSET rq:worker:w shutdown_requested_date 1970-01-01T00:16:40.250000Z\n");
}

TEST(TakeBack, IsOneScriptEach) {
  EXPECT_EQ(to_text(cancel("j1", kNow)),
            "\ncancel(rq:job:j1 | j1 1000 1970-01-01T00:16:40.250000Z)\n");
  EXPECT_EQ(to_text(delete_job("j1", kNow)),
            "\ndelete_job(rq:job:j1 | j1 1000 1970-01-01T00:16:40.250000Z)\n");
  EXPECT_EQ(to_text(requeue("j1", Position::front, kNow)),
            "\nrequeue(rq:job:j1 | j1 1970-01-01T00:16:40.250000Z 1 1000)\n");
  EXPECT_EQ(to_text(save_meta("j1", "M")), "\nsave_meta(rq:job:j1 | M)\n");
  EXPECT_EQ(to_text(remove_from_queue("q", "j1")), "\nLREM rq:queue:q 1 j1\n");
}

TEST(ForgetQueue, LooksWhetherItIsEmpty) {
  EXPECT_EQ(to_text(forget_queue("q")), "\nforget_queue(rq:queue:q rq:queues)\n");
}

TEST(EmptySlice, IsNeverLargerThanAHundred) {
  const auto text = [](int count) { return to_text(empty_slice("q", count, Time{1'000s})); };
  EXPECT_EQ(text(7), "\nempty(rq:queue:q | 7 1000 1970-01-01T00:16:40.000000Z)\n");
  EXPECT_EQ(text(5'000), "\nempty(rq:queue:q | 100 1000 1970-01-01T00:16:40.000000Z)\n");
  EXPECT_EQ(text(-1), "\nempty(rq:queue:q | 1 1000 1970-01-01T00:16:40.000000Z)\n");
}

}  // namespace
}  // namespace rqpp::protocol
