#include "doctor/reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace rqpp::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::SizeIs;

Moment moment_at(double seconds, std::map<std::string, CommandCount> by_command,
                 std::map<std::string, std::int64_t> own_calls = {}) {
  return {.sample = {.at_seconds = seconds,
                     .cpu_seconds = 10 + seconds / 2,
                     .by_command = std::move(by_command)},
          .spent = {.calls = std::move(own_calls)}};
}

TEST(ReadingBetween, HasRatesOfTheTimeAndLevelsOfItsEnd) {
  Moment before = moment_at(10, {{"get", {.calls = 100, .usec = 100}}});
  Moment after = moment_at(12, {{"get", {.calls = 300, .usec = 200'100}}});
  before.sample.bytes_in = 1'000;
  after.sample.bytes_in = 5'000;
  before.sample.clients = 5;
  after.sample.clients = 7;

  const auto reading = reading_between(before, after);

  ASSERT_TRUE(reading);
  EXPECT_DOUBLE_EQ(reading->from, 10);
  EXPECT_DOUBLE_EQ(reading->to, 12);
  EXPECT_DOUBLE_EQ(reading->cpu, 0.5);
  EXPECT_DOUBLE_EQ(reading->commands, 100);
  EXPECT_EQ(reading->bytes_in, 2'000);
  EXPECT_EQ(reading->bytes_out, std::nullopt);
  EXPECT_EQ(reading->clients, 7);
  ASSERT_THAT(reading->by_command, SizeIs(1));
  EXPECT_DOUBLE_EQ(reading->by_command[0].core, 0.1);
}

TEST(ReadingBetween, LeavesTheWatcherOut) {
  const auto reading = reading_between(
      moment_at(0, {{"info", {.calls = 10, .usec = 10}}}, {{"info", 10}}),
      moment_at(1, {{"get", {.calls = 1, .usec = 1}}, {"info", {.calls = 20, .usec = 20}}},
                {{"info", 20}}));

  EXPECT_THAT(reading->by_command, ElementsAre(Field(&CommandLoad::name, "get")));
  EXPECT_DOUBLE_EQ(reading->commands, 1);
}

TEST(ReadingBetween, KeepsTheDearestCommands) {
  std::map<std::string, CommandCount> counts;
  for (int i = 0; i < 50; ++i) counts["c" + std::to_string(i)] = {.calls = 1, .usec = i};

  const auto reading = reading_between(moment_at(0, {}), moment_at(1, counts));

  ASSERT_THAT(reading->by_command, SizeIs(Reading::kMostCommands));
  EXPECT_EQ(reading->by_command[0].name, "c49");
}

TEST(ReadingBetween, IsNothingWithoutTime) {
  EXPECT_EQ(reading_between(moment_at(5, {}), moment_at(5, {})), std::nullopt);
  EXPECT_EQ(reading_between(moment_at(5, {}), moment_at(4, {})), std::nullopt);
}

TEST(ReadingBetween, TakesCountersThatWentBackAsResetAndAnyNumbers) {
  Moment before = moment_at(0, {});
  Moment after = moment_at(1, {});
  before.sample.bytes_in = 1'000'000;
  after.sample.bytes_in = 500;
  before.sample.bytes_out = std::numeric_limits<std::int64_t>::min();
  after.sample.bytes_out = std::numeric_limits<std::int64_t>::max();

  const auto reading = reading_between(before, after);

  EXPECT_EQ(reading->bytes_in, 500);
  EXPECT_GT(reading->bytes_out.value(), 1e12);
}

TEST(Joined, WeighsRatesByTimeAndKeepsPeaksOfLevels) {
  const Reading earlier{.from = 0,
                        .to = 3,
                        .cpu = 0.8,
                        .commands = 400,
                        .bytes_in = 8,
                        .clients = 9,
                        .by_command = {{.name = "keys", .per_second = 4, .core = 0.4}}};
  const Reading later{.from = 3,
                      .to = 4,
                      .cpu = 0.4,
                      .commands = 0,
                      .clients = 5,
                      .memory = 6,
                      .by_command = {{.name = "get", .per_second = 8, .core = 0.2}}};

  const Reading both = joined(earlier, later);

  EXPECT_DOUBLE_EQ(both.from, 0);
  EXPECT_DOUBLE_EQ(both.to, 4);
  EXPECT_DOUBLE_EQ(both.cpu, 0.7);
  EXPECT_DOUBLE_EQ(both.commands, 300);
  EXPECT_EQ(both.bytes_in, 8);
  EXPECT_EQ(both.clients, 9);
  EXPECT_EQ(both.memory, 6);
  ASSERT_THAT(both.by_command, SizeIs(2));
  EXPECT_EQ(both.by_command[0].name, "keys");
  EXPECT_DOUBLE_EQ(both.by_command[0].per_second, 3);
  EXPECT_DOUBLE_EQ(both.by_command[0].core, 0.3);
  EXPECT_DOUBLE_EQ(both.by_command[0].usec_per_call, 100'000);
}

}  // namespace
}  // namespace rqpp::doctor
