#include "cli/top_state.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace rqpp::cli {
namespace {

using namespace std::chrono_literals;
using protocol::QueueCounts;
using protocol::WorkerRecord;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A look each second.
class TopStateTest : public ::testing::Test {
 protected:
  void look(std::vector<QueueLine> queues, std::vector<WorkerRecord> workers = {},
            std::vector<std::string> gone = {}) {
    ++second;
    state.take({.at_seconds = static_cast<double>(second),
                .now = Time{std::chrono::seconds{second}},
                .queues = std::move(queues),
                .workers = std::move(workers),
                .gone = std::move(gone)});
  }
  std::vector<std::string> queues_shown() const {
    std::vector<std::string> names;
    for (const TopQueue& queue : state.queues()) names.push_back(queue.name);
    return names;
  }
  std::vector<std::string> workers_shown() const {
    std::vector<std::string> names;
    for (const TopWorker& worker : state.workers()) names.push_back(worker.record.name);
    return names;
  }
  double ended() const { return state.ended().back().value_or(-1); }

  TopState state{TopScope::all_queues};
  int second = 0;
};

WorkerRecord at_rest(const std::string& name, std::int64_t done) {
  return {.name = name, .state = "idle", .successful_job_count = done};
}
WorkerRecord at_work(const std::string& name, const std::string& job, std::int64_t done = 0) {
  return {.name = name, .state = "busy", .current_job = job, .successful_job_count = done};
}

TEST_F(TopStateTest, KnowsNoRatesAtTheFirstLook) {
  look({{"q", {.queued = 10, .finished = 1'000}}}, {at_rest("w", 50)});

  EXPECT_EQ(state.queues()[0].change, std::nullopt);
  EXPECT_EQ(state.workers()[0].done.per_second(), std::nullopt);
  EXPECT_THAT(state.ended(), ElementsAre(std::nullopt));
  EXPECT_THAT(state.waiting(), ElementsAre(10));
}

TEST_F(TopStateTest, TellsWhatChangesInASecond) {
  look({{"q", {.queued = 10, .finished = 100, .failed = 5}}});
  look({{"q", {.queued = 4, .finished = 104, .failed = 7}}});

  EXPECT_EQ(state.queues()[0].change, -6);
  EXPECT_EQ(state.queues()[0].ended, 6);
  EXPECT_EQ(ended(), 6);
}

TEST_F(TopStateTest, TakesRatesForTheTimeThatHasPassed) {
  look({{"q", {.queued = 10}}});
  second += 9;
  look({{"q", {.queued = 30, .finished = 50}}});

  EXPECT_EQ(state.queues()[0].change, 2);
  EXPECT_EQ(ended(), 5);
}

TEST_F(TopStateTest, IsNeverNegativeWhereRegistriesAreCleanedUp) {
  look({{"q", {.finished = 1'000, .failed = 5}}});
  look({{"q", {.finished = 10, .failed = 8}}});

  EXPECT_EQ(ended(), 3);
}

TEST_F(TopStateTest, CountsWhatWorkersSayWhereRegistriesKeepNothing) {
  look({{"q", {}}}, {at_rest("w", 50)});
  look({{"q", {}}}, {at_rest("w", 57)});

  EXPECT_EQ(ended(), 7);
}

TEST_F(TopStateTest, CountsNoJobTwice) {
  look({{"q", {}}}, {at_rest("w", 50)});
  look({{"q", {.finished = 7}}}, {at_rest("w", 57)});

  EXPECT_EQ(ended(), 7);
}

TEST_F(TopStateTest, IsNeverNegativeWhenAWorkerStartsAnewOrVanishes) {
  look({}, {at_rest("a", 5'000), at_rest("b", 9'000)});
  look({}, {at_rest("a", 5'000), at_rest("b", 9'000)});
  EXPECT_EQ(ended(), 0);

  look({}, {at_rest("a", 2)}, {"b"});
  EXPECT_EQ(ended(), 2);
  look({}, {at_rest("a", 2), at_rest("b", 9'001)});
  EXPECT_EQ(ended(), 0) << "what it did before was not done in this second";
  look({}, {at_rest("a", 2), at_rest("b", 9'001)}, {});
  EXPECT_EQ(ended(), 0);

  for (const auto& column : state.ended()) EXPECT_GE(column.value_or(0), 0);
}

TEST_F(TopStateTest, LeavesOutTheOtherQueuesOfWorkersWhereSomeAreWanted) {
  state = TopState(TopScope::some_queues);
  look({{"q", {}}}, {at_rest("w", 50)});
  look({{"q", {.finished = 1}}}, {at_rest("w", 57)});

  EXPECT_EQ(ended(), 1);
}

TEST_F(TopStateTest, AddsUpQueuesThatWereSeenAtOtherLooks) {
  look({{"a", {.queued = 10}}});
  look({{"b", {.queued = 5}}});

  EXPECT_THAT(state.waiting(), ElementsAre(10, 15));
  EXPECT_EQ(total(state.queues(), &QueueCounts::queued), 15);
}

TEST_F(TopStateTest, ForgetsWhoIsGone) {
  look({{"a", {}}, {"b", {}}}, {at_rest("v", 0), at_rest("w", 0)});
  look({}, {}, {"v"});
  EXPECT_THAT(workers_shown(), ElementsAre("w"));

  state.take({.names = TopNames{.queues = {"b"}, .workers = {}}});

  EXPECT_THAT(queues_shown(), ElementsAre("b"));
  EXPECT_THAT(workers_shown(), IsEmpty());
}

// ---- order

TEST_F(TopStateTest, HasTheMostActiveQueuesFirst) {
  for (int i = 0; i < 20; ++i) {
    look({{"a", {}},
          {"b", {.queued = 1'000'000}},
          {"c", {.queued = i % 2, .finished = i * 500}},
          {"d", {.started = 2}}});
  }

  EXPECT_THAT(queues_shown(), ElementsAre("c", "d", "b", "a"));
}

TEST_F(TopStateTest, KeepsTheOrderOfQueuesThatAreAboutAsActive) {
  std::int64_t done_a = 0;
  std::int64_t done_b = 0;
  for (int i = 0; i < 60; ++i) {
    done_a += i % 2 == 0 ? 55 : 65;
    done_b += i % 2 == 0 ? 65 : 55;
    look({{"b", {.finished = done_b}}, {"a", {.finished = done_a}}});
    if (i < 30) continue;  // it settles
    ASSERT_THAT(queues_shown(), ElementsAre("a", "b")) << i;
  }
}

TEST_F(TopStateTest, HasBusyWorkersFirst) {
  look({}, {at_rest("a", 0), at_work("b", "j1"), at_rest("c", 0), at_work("d", "j2")});

  EXPECT_THAT(workers_shown(), ElementsAre("b", "d", "a", "c"));
}

// ---- what runs, since when

TEST_F(TopStateTest, AsksOnceSinceWhenAJobRuns) {
  const std::vector<WorkerRecord> workers{at_rest("a", 0), at_work("b", "j1"), at_work("c", "j2")};
  look({}, workers);
  EXPECT_THAT(state.unknown_starts(10), ElementsAre(TopRun{"b", "j1"}, TopRun{"c", "j2"}));
  EXPECT_THAT(state.unknown_starts(1), ElementsAre(TopRun{"b", "j1"}));

  state.learn_start({"b", "j1"}, Time{5s});
  state.learn_start({"c", "another"}, Time{5s});
  state.learn_start({"nobody", "j2"}, Time{5s});
  look({}, workers);

  EXPECT_EQ(state.workers()[0].job_started, Time{5s});
  EXPECT_THAT(state.unknown_starts(10), ElementsAre(TopRun{"c", "j2"}));
}

TEST_F(TopStateTest, AsksAgainForTheNextJobAndForAnotherWorkerOfTheName) {
  look({}, {at_work("a", "j1")});
  state.learn_start({"a", "j1"}, Time{5s});

  look({}, {at_work("a", "j2")});
  EXPECT_THAT(state.unknown_starts(1), ElementsAre(TopRun{"a", "j2"}));

  state.learn_start({"a", "j2"}, Time{6s});
  WorkerRecord reborn = at_work("a", "j2");
  reborn.birth = Time{7s};
  look({}, {reborn});
  EXPECT_THAT(state.unknown_starts(1), ElementsAre(TopRun{"a", "j2"}));
}

// ---- bounds

TEST_F(TopStateTest, KeepsABoundedPast) {
  for (int i = 0; i < 1'500; ++i) look({{"q", {.queued = i}}});

  EXPECT_THAT(state.ended(), SizeIs(TopState::kMostColumns));
  EXPECT_EQ(state.waiting().front(), 500);
  EXPECT_EQ(state.waiting().back(), 1'499);
}

TEST_F(TopStateTest, StandsWhatAHostileServerSays) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  const QueueCounts high{kMost, kMost, kMost, kMost, kMost, kMost, kMost};
  const QueueCounts low{kLeast, kLeast, kLeast, kLeast, kLeast, kLeast, kLeast};
  const WorkerRecord rich{.name = "w", .successful_job_count = kMost, .failed_job_count = kMost};
  const WorkerRecord poor{.name = "w", .successful_job_count = kLeast, .failed_job_count = kLeast};
  look({{"a", high}, {"b", high}, {"c", low}}, {rich});
  look({{"a", low}, {"b", high}, {"c", high}}, {poor});
  look({{"a", high}, {"b", low}, {"c", low}}, {rich});

  EXPECT_GE(total(state.queues(), &QueueCounts::queued), 0);
  EXPECT_GE(jobs_done(rich), 0);
  EXPECT_EQ(jobs_done(poor), 0);
  EXPECT_GE(ended(), 0);
}

}  // namespace
}  // namespace rqpp::cli
