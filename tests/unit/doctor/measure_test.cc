#include "doctor/measure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace rqpp::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Reading cpu_of(double from, double to, double cpu) {
  return {.from = from,
          .to = to,
          .cpu = cpu,
          .by_command = {{.name = "get", .core = cpu / 2}, {.name = "set", .core = cpu / 4}}};
}

const std::vector<Reading> kFour{cpu_of(0, 1, 0.1), cpu_of(1, 2, 0.2), cpu_of(2, 3, 0.3),
                                 cpu_of(3, 4, 0.4)};

TEST(LastColumns, AreOneForEachOfTheLastReadings) {
  EXPECT_THAT(last_columns(kFour, Measure::cpu, 2), ElementsAre(0.3, 0.4));
  EXPECT_THAT(last_columns(kFour, Measure::cpu, 9), ElementsAre(0.1, 0.2, 0.3, 0.4));
  EXPECT_THAT(last_columns(kFour, Measure::memory, 2), ElementsAre(std::nullopt, std::nullopt));
  EXPECT_THAT(last_columns({}, Measure::cpu, 2), IsEmpty());
}

TEST(LastColumns, AreNoughtWhereACommandWasNotCalled) {
  EXPECT_THAT(last_columns(kFour, "get", 1), ElementsAre(0.2));
  EXPECT_THAT(last_columns(kFour, "keys", 1), ElementsAre(0.0));
}

TEST(ColumnsOverTime, HaveTheHighestValueInTheirTime) {
  EXPECT_THAT(columns_over_time(kFour, Measure::cpu, 2), ElementsAre(0.2, 0.4));
  EXPECT_THAT(columns_over_time(kFour, Measure::cpu, 4), ElementsAre(0.1, 0.2, 0.3, 0.4));
  EXPECT_THAT(columns_over_time(kFour, Measure::cpu, 8),
              ElementsAre(0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4));
  EXPECT_THAT(columns_over_time(kFour, "set", 1), ElementsAre(0.1));
}

TEST(ColumnsOverTime, AreAsWideAsReadingsAreLong) {
  const std::vector<Reading> readings{cpu_of(0, 1, 0.5), cpu_of(1, 9, 0.1), cpu_of(9, 10, 0.9)};

  EXPECT_THAT(columns_over_time(readings, Measure::cpu, 5), ElementsAre(0.5, 0.1, 0.1, 0.1, 0.9));
}

TEST(ColumnsOverTime, AreEmptyWhereNothingWasMeasured) {
  const std::vector<Reading> gap{cpu_of(0, 1, 0.5), cpu_of(3, 4, 0.1)};

  EXPECT_THAT(columns_over_time(gap, Measure::cpu, 4),
              ElementsAre(0.5, std::nullopt, std::nullopt, 0.1));
  EXPECT_THAT(columns_over_time({}, Measure::cpu, 2), ElementsAre(std::nullopt, std::nullopt));
}

TEST(DearestCommands, AreThoseWithMostTimeOverAll) {
  std::vector<Reading> readings = kFour;
  readings.push_back({.from = 4, .to = 4.5, .by_command = {{.name = "keys", .core = 0.9}}});

  EXPECT_THAT(dearest_commands(readings, 9), ElementsAre("get", "keys", "set"));
  EXPECT_THAT(dearest_commands(readings, 1), ElementsAre("get"));
}

TEST(TopOfScale, IsTheNextRoundNumber) {
  EXPECT_DOUBLE_EQ(top_of_scale(Measure::commands, 1'700), 2'000);
  EXPECT_DOUBLE_EQ(top_of_scale(Measure::commands, 2'000), 2'000);
  EXPECT_DOUBLE_EQ(top_of_scale(Measure::commands, 2'001), 5'000);
  EXPECT_DOUBLE_EQ(top_of_scale(Measure::commands, 7'000), 10'000);
  EXPECT_DOUBLE_EQ(top_of_scale(Measure::memory, 0.03), 0.05);
}

TEST(TopOfScale, IsAWholeCoreAtLeast) {
  EXPECT_DOUBLE_EQ(top_of_scale(Measure::cpu, 0.03), 1);
  EXPECT_DOUBLE_EQ(top_of_scale(Measure::cpu, 1.3), 2);
}

TEST(TopOfScale, IsPositiveForAnything) {
  for (const double strange : {0.0, -5.0, std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_DOUBLE_EQ(top_of_scale(Measure::commands, strange), 1) << strange;
  }
}

TEST(ValueText, HasTheUnitOfTheMeasure) {
  EXPECT_EQ(value_text(Measure::cpu, 0.61), "61 %");
  EXPECT_EQ(value_text(Measure::commands, 1'204), "1,204/s");
  EXPECT_EQ(value_text(Measure::bytes_in, 1'500'000), "1.5 MB/s");
  EXPECT_EQ(value_text(Measure::memory, 1'500), "1.5 kB");
  EXPECT_EQ(value_text(Measure::clients, 12), "12");
}

TEST(Highest, IsNoughtWithoutValues) {
  EXPECT_EQ(highest({}), 0);
  EXPECT_EQ(highest({std::nullopt}), 0);
  EXPECT_EQ(highest({1, std::nullopt, 3, 2}), 3);
}

}  // namespace
}  // namespace rqpp::doctor
