#include "doctor/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/empty_pops.h"
#include "doctor/quantities.h"
#include "doctor/take_sample.h"

namespace rqpp::doctor {
namespace {

using ::testing::DoubleNear;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Sample at(double seconds, double cpu, std::map<std::string, CommandCount> by_command) {
  return {.at_seconds = seconds, .cpu_seconds = cpu, .by_command = std::move(by_command)};
}

TEST(LoadBetween, HasRatesAndSharesOfACore) {
  Sample before = at(10, 100, {{"get", {.calls = 50, .usec = 500}}});
  Sample after = at(
      20, 105,
      {{"get", {.calls = 100'050, .usec = 100'500}}, {"keys", {.calls = 10, .usec = 1'900'000}}});
  before.reads = 0;
  after.reads = 50'005;
  before.connections = 5;
  after.connections = 25;
  after.errors = {{"ERR", 40}};

  const Load load = load_between(before, after);

  EXPECT_DOUBLE_EQ(load.seconds, 10);
  EXPECT_DOUBLE_EQ(load.cpu, 0.5);
  EXPECT_DOUBLE_EQ(load.io, 0.3) << "2 of 5 seconds went into commands";
  EXPECT_DOUBLE_EQ(load.commands_per_second, 10'001);
  EXPECT_DOUBLE_EQ(load.connections_per_second, 2);
  EXPECT_DOUBLE_EQ(load.errors_per_second, 4);
  EXPECT_THAT(load.commands_per_read.value(), DoubleNear(2, 0.01));
  ASSERT_THAT(load.commands, SizeIs(2));
  EXPECT_EQ(load.commands[0].name, "keys");
  EXPECT_DOUBLE_EQ(load.commands[0].usec_per_call, 190'000);
  EXPECT_DOUBLE_EQ(load.commands[0].core, 0.19);
  EXPECT_DOUBLE_EQ(load.share(0.19), 0.38);
  EXPECT_DOUBLE_EQ(load.find("get")->core, 0.01);
  EXPECT_THAT(load.find("get")->core_with_io, DoubleNear(0.31, 0.001));
  EXPECT_EQ(load.find("set"), nullptr);
}

TEST(LoadBetween, ChargesWhatScriptsCallWithNoWayInAndOut) {
  Sample before = at(0, 0, {});
  before.reads = 0;
  Sample after = at(1, 0.5,
                    {{"evalsha", {.calls = 100, .usec = 200'000}},
                     {"hget", {.calls = 90'000, .usec = 90'000}},
                     {"exists", {.calls = 10'000, .usec = 10'000}}});
  after.reads = 10'100;

  const Load load = load_between(before, after);

  EXPECT_DOUBLE_EQ(load.io, 0.3);
  EXPECT_THAT(load.find("exists")->core_with_io, DoubleNear(0.01 + 0.3 * 10'000 / 10'100, 0.001));
  EXPECT_THAT(load.find("evalsha")->core_with_io, DoubleNear(0.2 + 0.3 * 100 / 10'100, 0.001));
}

TEST(LoadBetween, LeavesTheVisitorsCallsOut) {
  const Load load = load_between(at(0, 0, {}),
                                 at(1, 1,
                                    {{"info", {.calls = 10, .usec = 1'000}},
                                     {"scan", {.calls = 4, .usec = 400}},
                                     {"config", {.calls = 1, .usec = 5}}}),
                                 {{"info", 10}, {"scan", 1}, {"config|get", 1}});

  ASSERT_THAT(load.commands, SizeIs(1));
  EXPECT_DOUBLE_EQ(load.find("scan")->per_second, 3);
  EXPECT_DOUBLE_EQ(load.find("scan")->usec_per_call, 100);
}

// The time of a script contains that of the commands that it calls.
TEST(LoadBetween, DoesNotCountScriptsTwice) {
  const Load load = load_between(at(0, 0, {}), at(1, 0.9,
                                                  {{"evalsha", {.calls = 1, .usec = 800'000}},
                                                   {"get", {.calls = 9, .usec = 500'000}}}));

  EXPECT_DOUBLE_EQ(load.io, 0.1);
}

TEST(LoadBetween, CountsFromZeroAfterAReset) {
  const Load load = load_between(at(0, 50, {{"get", {.calls = 1'000, .usec = 9'000}}}),
                                 at(2, 1, {{"get", {.calls = 10, .usec = 30}}}));

  EXPECT_DOUBLE_EQ(load.find("get")->per_second, 5);
  EXPECT_DOUBLE_EQ(load.find("get")->usec_per_call, 3);
  EXPECT_DOUBLE_EQ(load.cpu, 0) << "a new process has another CPU time";
}

TEST(LoadBetween, DoesWithoutWhatOldServersDoNotTell) {
  Sample before{.at_seconds = 0};
  Sample after{.at_seconds = 1, .by_command = {{"get", {.calls = 10, .usec = 100'000}}}};

  const Load load = load_between(before, after);

  EXPECT_DOUBLE_EQ(load.cpu, 0.1) << "the time in commands";
  EXPECT_EQ(load.commands_per_read, std::nullopt);
}

TEST(LoadBetween, IsNothingWithoutTime) {
  EXPECT_THAT(load_between({}, {}).commands, IsEmpty());
  EXPECT_THAT(load_between({.at_seconds = 2}, {.at_seconds = 1}).commands, IsEmpty());
}

TEST(LoadBetween, SurvivesHostileNumbers) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  std::map<std::string, CommandCount> many;
  for (int i = 0; i < 4'000; ++i) many["c" + std::to_string(i)] = {.calls = kMost, .usec = kMost};

  const Load load = load_between(at(0, 0, {{"c1", {.calls = kLeast, .usec = kLeast}}}),
                                 at(1, 1, std::move(many)), {{"c2", kMost}, {"c2|x", kMost}});

  EXPECT_THAT(load.commands, SizeIs(3'999)) << "all but the visitor's";
  EXPECT_GT(load.commands_per_second, 0);
}

// ---- empty takes

Sample changed(double seconds, std::int64_t changes,
               std::map<std::string, CommandCount> by_command) {
  Sample sample = at(seconds, 0, std::move(by_command));
  sample.changes = changes;
  sample.last_save = 1;
  return sample;
}

double empty_pops(const Sample& before, const Sample& after) {
  return empty_pops_per_second(before, after, load_between(before, after));
}

TEST(EmptyPops, AreTakesThatChangedNothing) {
  EXPECT_DOUBLE_EQ(empty_pops(changed(0, 0, {}), changed(10, 0, {{"lpop", {.calls = 1'000}}})),
                   100);
  EXPECT_DOUBLE_EQ(empty_pops(changed(0, 5, {}), changed(1, 105, {{"lpop", {.calls = 100}}})), 0);
}

TEST(EmptyPops, DoNotHideBehindOtherWrites) {
  EXPECT_DOUBLE_EQ(
      empty_pops(changed(0, 0, {}),
                 changed(1, 500, {{"set", {.calls = 500}}, {"blpop", {.calls = 100}}})),
      100);
}

TEST(EmptyPops, OfScriptsAreNotCounted) {
  EXPECT_DOUBLE_EQ(
      empty_pops(changed(0, 0, {}),
                 changed(1, 0, {{"evalsha", {.calls = 100}}, {"lpop", {.calls = 150}}})),
      0);
}

TEST(EmptyPops, CannotBeToldWhenRedisSavedMeanwhile) {
  const Sample before = changed(0, 500, {});
  Sample after = changed(1, 0, {{"lpop", {.calls = 100}}});

  EXPECT_DOUBLE_EQ(empty_pops(before, after), 0);
  after.changes.reset();
  EXPECT_DOUBLE_EQ(empty_pops(before, after), 0);
}

// ---- the visitor's own time

TEST(OwnUsec, IsTheMeanOfEachCommand) {
  const Sample before = at(0, 0, {{"scan", {.calls = 10, .usec = 100}}});
  const Sample after =
      at(1, 0, {{"scan", {.calls = 30, .usec = 500}}, {"config", {.calls = 2, .usec = 12}}});

  EXPECT_DOUBLE_EQ(own_usec(before, after, {{"scan", 5}, {"config|get", 1}, {"get", 3}}), 100 + 6);
}

// ---- words

TEST(Quantities, AreForPeople) {
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
  EXPECT_EQ(count_text(-1'234), "-1,234");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(rate_text(3.46), "3.5");
  EXPECT_EQ(rate_text(98'123.4), "98,123");
  EXPECT_EQ(rate_text(1e300), "1e+300");
  EXPECT_EQ(share_text(0.614), "61 %");
  EXPECT_EQ(share_text(0.004), "0.4 %");
  EXPECT_EQ(usec_text(512), "512 µs");
  EXPECT_EQ(usec_text(1'500), "1.5 ms");
  EXPECT_EQ(usec_text(10'000'000), "10 s");
  EXPECT_EQ(bytes_text(1'500), "1.5 kB");
  EXPECT_EQ(bytes_text(2'340'000'000.0), "2.3 GB");
  EXPECT_EQ(age_text(40), "40 s");
  EXPECT_EQ(age_text(400), "6 min");
  EXPECT_EQ(age_text(1'000'000), "11 days");
}

}  // namespace
}  // namespace rqpp::doctor
