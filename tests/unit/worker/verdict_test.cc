#include "worker/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;
using protocol::Position;
using protocol::PutBack;
using testing::HasSubstr;

const Time kNow{1'000s};
const Outcome kValue{};
const Outcome kError{.kind = Outcome::Kind::error, .exc_info = "boom", .summary = "boom"};

protocol::JobRecord job() { return {.id = "j", .origin = "q", .timeout_seconds = 10}; }
protocol::JobRecord with_retries(std::int64_t left, std::vector<std::int64_t> intervals = {}) {
  protocol::JobRecord record = job();
  record.retries_left = left;
  record.retry_intervals = std::move(intervals);
  return record;
}

Verdict judge_plain(const protocol::JobRecord& record, const Outcome& outcome,
                    Told told = Told::nothing) {
  return judge(record, told, outcome, Interrupted::put_back, kNow);
}
End end_of(const Verdict& verdict) { return std::get<End>(verdict); }
PutBack back_of(const Verdict& verdict) { return std::get<PutBack>(verdict); }

TEST(Judge, TakesWhatTheHorseReported) {
  EXPECT_EQ(end_of(judge_plain(job(), kValue)).status, Status::finished);
  EXPECT_EQ(end_of(judge_plain(job(), kError)).status, Status::failed);
  EXPECT_EQ(end_of(judge_plain(job(), kError)).outcome.exc_info, "boom");
}

TEST(Judge, RetriesAtOnceWithoutIntervals) {
  EXPECT_EQ(back_of(judge_plain(with_retries(2), kError)),
            (PutBack{.position = Position::back, .retries_left = 1}));
}

TEST(Judge, RetriesInFrontIfTheJobWantsIt) {
  protocol::JobRecord record = with_retries(1);
  record.retry_at_front = true;

  EXPECT_EQ(back_of(judge_plain(record, kError)).position, Position::front);
}

TEST(Judge, WaitsAsRqDoes) {
  // Retry(max=4, interval=[10, 60]): 10, 10, 10, 60.
  const auto due = [](std::int64_t left) {
    return back_of(judge_plain(with_retries(left, {10, 60}), kError)).due;
  };

  EXPECT_EQ(due(4), kNow + 10s);
  EXPECT_EQ(due(3), kNow + 10s);
  EXPECT_EQ(due(2), kNow + 10s);
  EXPECT_EQ(due(1), kNow + 60s);
  EXPECT_EQ(back_of(judge_plain(with_retries(1, {0}), kError)).due, std::nullopt);
}

TEST(Judge, FailsWithoutARetryLeft) {
  EXPECT_EQ(end_of(judge_plain(with_retries(0), kError)).status, Status::failed);
}

TEST(Judge, FailsWhatCameTooLate) {
  const End end = end_of(judge_plain(job(), kValue, Told::timeout));

  EXPECT_EQ(end.status, Status::failed);
  EXPECT_EQ(end.outcome.exc_info,
            "rq.timeouts.JobTimeoutException: Task exceeded maximum timeout value (10 seconds)");
}

TEST(Judge, PutsBackWhatAStoppingWorkerInterrupts) {
  EXPECT_EQ(back_of(judge_plain(with_retries(1), kError, Told::worker_stop)), PutBack{});
  EXPECT_EQ(end_of(judge_plain(job(), kValue, Told::worker_stop)).status, Status::finished);
}

TEST(Judge, FailsWhatAStoppingWorkerInterruptsIfAskedTo) {
  const Verdict verdict = judge(job(), Told::worker_stop, kError, Interrupted::fail, kNow);

  EXPECT_THAT(end_of(verdict).outcome.exc_info, HasSubstr("the worker was told to stop"));
}

TEST(Judge, StopsWithoutARetry) {
  const End end = end_of(judge_plain(with_retries(3), kError, Told::stop_job));

  EXPECT_EQ(end.status, Status::stopped);
  EXPECT_EQ(end.outcome.exc_info, "Job stopped by user, work-horse terminated.");
}

TEST(Judge, SaysThatTheCommandKilledIt) {
  EXPECT_THAT(end_of(judge_plain(job(), kError, Told::kill_horse)).outcome.exc_info,
              HasSubstr("killed by the command kill-horse"));
}

TEST(JudgeLost, FailsInRqsWords) {
  const End end = end_of(judge_lost(job(), "w1", kNow));

  EXPECT_EQ(end.status, Status::failed);
  EXPECT_EQ(end.outcome.exc_info,
            "Moved to FailedJobRegistry, due to AbandonedJobError, at 1970-01-01T00:16:40.000000Z\n"
            "1970-01-01T00:16:40.000000Z: worker 'w1' was lost while it ran the job");
}

TEST(JudgeLost, RetriesAndRemembers) {
  const PutBack back = back_of(judge_lost(with_retries(5), "w1", kNow));

  EXPECT_EQ(back.retries_left, 4);
  EXPECT_EQ(back.losses, "1970-01-01T00:16:40.000000Z: worker 'w1' was lost while it ran the job");
}

TEST(JudgeLost, NamesAGhostAsPeopleNamedTheWorker) {
  const std::string id(32, 'a');

  const End end = end_of(judge_lost(job(), "w1~" + id, kNow));
  const End other = end_of(judge_lost(job(), "w1~" + id + "x", kNow));

  EXPECT_THAT(end.outcome.exc_info, HasSubstr("worker 'w1' was lost"));
  EXPECT_THAT(other.outcome.exc_info, HasSubstr("worker 'w1~" + id + "x' was lost"));
}

TEST(JudgeLost, FailsTheThirdTimeWithItsHistory) {
  protocol::JobRecord record = with_retries(5);
  record.losses = "first\nsecond";

  const End end = end_of(judge_lost(record, "w3", kNow));

  EXPECT_EQ(end.status, Status::failed);
  EXPECT_THAT(end.outcome.exc_info, HasSubstr("first\nsecond\n1970"));
  EXPECT_THAT(end.outcome.exc_info, HasSubstr("It is not run again"));
}

}  // namespace
}  // namespace rqpp::worker
