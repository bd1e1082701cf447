#include "worker/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;
using protocol::Position;
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

protocol::JobRecord with_repeats(std::int64_t left, std::vector<std::int64_t> intervals = {}) {
  protocol::JobRecord record = job();
  record.repeats_left = left;
  record.repeat_intervals = std::move(intervals);
  return record;
}

Verdict judge_plain(const protocol::JobRecord& record, const Outcome& outcome,
                    Told told = Told::nothing) {
  return judge(record, told, outcome, Interrupted::put_back, kNow);
}
End end_of(const Verdict& verdict) { return std::get<End>(verdict); }
protocol::PutBack back_of(const Verdict& verdict) { return std::get<protocol::PutBack>(verdict); }

TEST(Judge, TakesWhatTheHorseReported) {
  EXPECT_EQ(end_of(judge_plain(job(), kValue)).status, Status::finished);
  EXPECT_EQ(end_of(judge_plain(job(), kError)).status, Status::failed);
  EXPECT_EQ(end_of(judge_plain(job(), kError)).outcome.exc_info, "boom");
}

TEST(Judge, RetriesAtOnceWithoutIntervals) {
  EXPECT_EQ(back_of(judge_plain(with_retries(2), kError)),
            (protocol::PutBack{.position = Position::back, .ended = kNow, .retries_left = 1}));
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
  EXPECT_EQ(back_of(judge_plain(with_retries(1), kError, Told::worker_stop)), protocol::PutBack{});
  EXPECT_EQ(end_of(judge_plain(job(), kValue, Told::worker_stop)).status, Status::finished);
}

Outcome value_after(Outcome::Stop stop) { return {.stop = stop}; }

TEST(Judge, PutsBackAValueOfATaskThatSawThatItsWorkerStops) {
  for (const auto stop : {Outcome::Stop::seen, Outcome::Stop::unknown}) {
    EXPECT_EQ(back_of(judge_plain(with_repeats(1), value_after(stop), Told::worker_stop)),
              protocol::PutBack{});
  }
  const Outcome deaf = value_after(Outcome::Stop::requested);
  EXPECT_EQ(end_of(judge_plain(job(), deaf, Told::worker_stop)).status, Status::finished);
  const Verdict failed =
      judge(job(), Told::worker_stop, value_after(Outcome::Stop::seen), Interrupted::fail, kNow);
  EXPECT_THAT(end_of(failed).outcome.exc_info, HasSubstr("the worker was told to stop"));
}

TEST(Judge, PutsBackWhatSawASignalThatNobodyHereHasSent) {
  EXPECT_EQ(back_of(judge_plain(job(), value_after(Outcome::Stop::seen))), protocol::PutBack{});
  Outcome thrown = kError;
  thrown.stop = Outcome::Stop::seen;
  EXPECT_EQ(back_of(judge_plain(with_retries(1), thrown)), protocol::PutBack{});
  for (const auto stop : {Outcome::Stop::requested, Outcome::Stop::unknown}) {
    EXPECT_EQ(end_of(judge_plain(job(), value_after(stop))).status, Status::finished);
  }
}

TEST(Judge, StopsWhatEndsAfterItWasAskedToStop) {
  for (const auto stop : {Outcome::Stop::requested, Outcome::Stop::seen, Outcome::Stop::unknown}) {
    EXPECT_EQ(end_of(judge_plain(job(), value_after(stop), Told::stop_job)).status,
              Status::stopped);
  }
  EXPECT_EQ(end_of(judge_plain(job(), kValue, Told::stop_job)).status, Status::finished)
      << "it had ended before";
}

TEST(Judge, FailsWhatEndsWhileItIsKilled) {
  const End end = end_of(judge_plain(job(), value_after(Outcome::Stop::seen), Told::kill_horse));

  EXPECT_EQ(end.status, Status::failed);
  EXPECT_THAT(end.outcome.exc_info, HasSubstr("killed by the command kill-horse"));
  EXPECT_EQ(end_of(judge_plain(job(), kValue, Told::kill_horse)).status, Status::finished);
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

TEST(Judge, FailsForGoodWhateverRetriesAreLeft) {
  Outcome outcome = kError;
  outcome.kind = Outcome::Kind::final_error;

  EXPECT_EQ(end_of(judge_plain(with_retries(2), outcome)).status, Status::failed);
  EXPECT_EQ(back_of(judge_plain(with_retries(2), outcome, Told::worker_stop)), protocol::PutBack{});
}

TEST(Judge, RepeatsASuccess) {
  const End end = end_of(judge_plain(with_repeats(2), kValue));

  EXPECT_EQ(end.status, Status::finished);
  EXPECT_EQ(end.again,
            (protocol::PutBack{.position = Position::back, .ended = kNow, .repeats_left = 1}));
  EXPECT_EQ(end_of(judge_plain(with_repeats(0), kValue)).again, std::nullopt);
}

TEST(Judge, RepeatsInRqsOrder) {
  // Repeat(times=3, interval=[10, 60]): 10, 60, 60.
  const auto again = [](std::int64_t left, std::vector<std::int64_t> intervals) {
    return *end_of(judge_plain(with_repeats(left, std::move(intervals)), kValue)).again;
  };

  EXPECT_EQ(again(3, {10, 60}).due, kNow + 10s);
  EXPECT_EQ(again(2, {60}).due, kNow + 60s);
}

TEST(Judge, DoesNotRepeatAFailure) {
  EXPECT_EQ(end_of(judge_plain(with_repeats(2), kError)).again, std::nullopt);
}

TEST(Judge, PutsAJobWhoseModuleCannotBeLoadedHereBackAsItWas) {
  protocol::JobRecord record = job();
  record.retries_left = 2;

  const Verdict verdict = judge_plain(record, {.kind = Outcome::Kind::foreign_module});

  EXPECT_EQ(std::get<protocol::PutBack>(verdict), protocol::PutBack{});
}

Outcome asks(std::int64_t max, std::vector<std::int64_t> waits = {}) {
  return {.kind = Outcome::Kind::run_again, .max_reruns = max, .waits = std::move(waits)};
}
protocol::JobRecord asked_before(std::int64_t times) {
  protocol::JobRecord record = job();
  record.number_of_retries = times;
  return record;
}

TEST(Judge, RunsAgainWhenTheTaskAsks) {
  const End end = end_of(judge_plain(job(), asks(2)));

  EXPECT_EQ(end.status, Status::failed);
  EXPECT_EQ(end.again,
            (protocol::PutBack{.position = Position::back, .ended = kNow, .number_of_retries = 1}));
}

TEST(Judge, RunsAgainAtTheFrontWhereTheTaskOrItsJobAsksForIt) {
  Outcome at_front = asks(2, {10});
  at_front.at_front = true;
  protocol::JobRecord retried_at_front = job();
  retried_at_front.retry_at_front = true;

  const auto asked = *end_of(judge_plain(job(), at_front)).again;
  EXPECT_EQ(asked.position, Position::front);
  EXPECT_TRUE(asked.retry_at_front) << "the scheduler must know of it";
  const auto by_job = *end_of(judge_plain(retried_at_front, asks(2))).again;
  EXPECT_EQ(by_job.position, Position::front);
  EXPECT_FALSE(by_job.retry_at_front) << "the job has it already";
}

TEST(Judge, RunsAgainSoOftenAsTheTaskSays) {
  EXPECT_EQ(end_of(judge_plain(asked_before(1), asks(2))).again->number_of_retries, 2);
  EXPECT_EQ(end_of(judge_plain(asked_before(2), asks(2))).again, std::nullopt);
  EXPECT_EQ(end_of(judge_plain(asked_before(2), asks(2))).status, Status::failed);
}

TEST(Judge, WaitsAsTheTaskAsks) {
  // Retry(max=9, interval=[10, 60]), returned: 10, 60, 60.
  const auto due = [](std::int64_t before) {
    return end_of(judge_plain(asked_before(before), asks(9, {10, 60}))).again->due;
  };

  EXPECT_EQ(due(0), kNow + 10s);
  EXPECT_EQ(due(1), kNow + 60s);
  EXPECT_EQ(due(2), kNow + 60s);
}

TEST(Judge, UsesUpNoRetryForARunThatTheTaskAsksFor) {
  EXPECT_EQ(end_of(judge_plain(with_retries(2), asks(1))).again->retries_left, std::nullopt);
}

TEST(Judge, SnoozesAsIfTheRunHadNotBeen) {
  const Outcome sleepy{.kind = Outcome::Kind::snooze, .waits = {30}};
  const Outcome restless{.kind = Outcome::Kind::snooze, .waits = {0}};

  EXPECT_EQ(back_of(judge_plain(with_retries(1), sleepy)),
            (protocol::PutBack{.position = Position::back, .due = kNow + 30s}));
  EXPECT_EQ(back_of(judge_plain(job(), restless)), (protocol::PutBack{.position = Position::back}));
}

TEST(Judge, LetsAWishForAnotherRunPassWhenTheWorkerStops) {
  EXPECT_TRUE(end_of(judge_plain(job(), asks(1), Told::worker_stop)).again.has_value());
}

TEST(Judge, StopsAlsoWhatAsksForAnotherRun) {
  EXPECT_EQ(end_of(judge_plain(job(), asks(1), Told::stop_job)).status, Status::stopped);
}

TEST(JudgeLost, FailsInRqsWords) {
  const End end = end_of(judge_lost(job(), "w1", kNow));

  EXPECT_EQ(end.status, Status::failed);
  EXPECT_EQ(end.outcome.exc_info,
            "Moved to FailedJobRegistry, due to AbandonedJobError, at 1970-01-01T00:16:40.000000Z\n"
            "1970-01-01T00:16:40.000000Z: worker 'w1' was lost while it ran the job");
}

TEST(JudgeLost, RetriesAndRemembers) {
  const protocol::PutBack back = back_of(judge_lost(with_retries(5), "w1", kNow));

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
