#include "doctor/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace rqpp::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::optional<double> kNone{};

TEST(Draw, FillsDotsOfBrailleFromBelow) {
  const Columns ramp{0, 1, 2, 3, 4, 5, 6, 7, 8, 8};

  EXPECT_THAT(draw(ramp, {.width = 5, .height = 2, .top = 8}), ElementsAre("  ⢀⣴⣿", "⣀⣴⣿⣿⣿"));
}

TEST(Draw, FillsCharactersOfAsciiInThirds) {
  const Columns ramp{0, 1, 2, 3, 4, 5, 6};

  EXPECT_THAT(draw(ramp, {.width = 7, .height = 2, .top = 6, .characters = Characters::ascii}),
              ElementsAre("    .:#", "..:####"));
}

TEST(Draw, PutsTheNewestAtTheRight) {
  EXPECT_THAT(draw({1}, {.width = 4, .height = 1, .characters = Characters::ascii}),
              ElementsAre("   #"));
  EXPECT_THAT(draw({0, 0, 0, 1}, {.width = 2, .height = 1, .characters = Characters::ascii}),
              ElementsAre(".#"));
}

TEST(Draw, ShowsWhatWasMeasuredAndNothingElse) {
  EXPECT_THAT(draw({0.0, kNone, 0.001}, {.width = 3, .height = 1, .characters = Characters::ascii}),
              ElementsAre(". ."));
}

TEST(Draw, StaysWithinItsSpaceForAnything) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Columns strange{-5, kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN(), 9};

  const auto lines =
      draw(strange, {.width = 5, .height = 3, .top = 2, .characters = Characters::ascii});

  EXPECT_THAT(lines, ElementsAre(" #  #", " #  #", ".#..#"));
  EXPECT_THAT(draw(strange, {.width = 0, .height = 2}), ElementsAre("", ""));
  EXPECT_THAT(draw(strange, {.width = 2, .height = 0}), IsEmpty());
  EXPECT_THAT(draw(strange, {.width = -2, .height = -1}), IsEmpty());
}

TEST(DrawLine, HasAColumnInEachCharacter) {
  const Columns ramp{0, 1, 2, 3, 4, 5, 6, 7, 8};

  EXPECT_EQ(draw_line(ramp, {.width = 10, .top = 8}), " ▁▁▂▃▄▅▆▇█");
  EXPECT_EQ(draw_line(ramp, {.width = 4, .top = 8, .characters = Characters::ascii}), "::##");
}

}  // namespace
}  // namespace rqpp::doctor
