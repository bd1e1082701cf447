#include "cli/watch_picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "drawn.h"

namespace rqpp::cli {
namespace {

using doctor::Characters;
using doctor::Reading;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<Reading> rising(int count) {
  std::vector<Reading> readings;
  for (int i = 0; i < count; ++i) {
    const double part = (i + 1.0) / count;
    readings.push_back(
        {.from = static_cast<double>(i),
         .to = i + 1.0,
         .cpu = part,
         .commands = 1'000 * part,
         .bytes_in = 5'000,
         .bytes_out = 80'000 * part,
         .clients = 12,
         .memory = 1'500'000,
         .by_command = {
             {.name = "keys", .per_second = 5, .usec_per_call = 12'000 * part, .core = 0.6 * part},
             {.name = "get", .per_second = 900, .usec_per_call = 111, .core = 0.1}}});
  }
  return readings;
}

TEST(WatchPicture, HasGraphsAndCommands) {
  const auto lines = watch_picture(rising(20), {.title = "redis 7.0.15 at redis://h:6379/0",
                                                .status = "q ends",
                                                .columns = 80,
                                                .rows = 20,
                                                .characters = Characters::ascii});

  EXPECT_EQ(joined_lines(lines), R"(
redis 7.0.15 at redis://h:6379/0
CPU          100 %   (peak 100 %)        Commands     1,000/s   (peak 1,000/s)
    100 %                          .::#    1,000/s                          .::#
                               .::#####                                 .::#####
                           .::#########                             .::#########
                       .::#############                         .::#############
        0          .::#################          0          .::#################
Network out  80 kB/s   (peak 80 kB/s)    Network in   5 kB/s   (peak 5 kB/s)
 100 kB/s                                   5 kB/s          ####################
                                  ..::#                     ####################
                             ..::######                     ####################
                        ..::###########                     ####################
        0          ..::################          0          ####################
Commands by CPU          CPU     calls/s    per call
KEYS                    60 %           5       12 ms        .........:::::::####
GET                     10 %         900      111 us        ....................



q ends
)");
}

TEST(WatchPicture, FitsEveryTerminal) {
  const auto readings = rising(100);
  expect_fits_every_terminal(
      [&](const PictureLook& look) { return watch_picture(readings, look); });
}

TEST(WatchPicture, IsAllAsciiWhereTheTerminalIs) {
  for (const std::string& line :
       watch_picture(rising(99), {.columns = 100, .rows = 40, .characters = Characters::ascii})) {
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' '; })) << line;
  }
}

TEST(WatchPicture, WaitsForItsFirstReading) {
  const auto lines = watch_picture({}, {.title = "redis", .columns = 80, .rows = 24});

  EXPECT_THAT(lines, SizeIs(24));
  EXPECT_THAT(lines[1], HasSubstr("CPU          not known"));
}

TEST(WatchPicture, ColorsOnlyWhereThatIsWanted) {
  const PictureLook plain{.columns = 80, .rows = 24};
  PictureLook colored = plain;
  colored.colors = true;

  EXPECT_THAT(watch_picture(rising(9), plain), Each(Not(HasSubstr("\x1b"))));
  const std::string text = joined_lines(watch_picture(rising(9), colored));
  EXPECT_THAT(text, AllOf(HasSubstr("\x1b[31m"), HasSubstr("\x1b[33m"), HasSubstr("\x1b[32m")));
}

TEST(WatchPicture, NeverObeysNames) {
  auto readings = rising(3);
  for (Reading& each : readings) each.by_command[0].name = "\x1b[2Jx\nü";

  const std::string text = joined_lines(watch_picture(
      readings, {.title = "\x1b]0;t\x07", .status = "\x1b[1A", .columns = 100, .rows = 30}));

  EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), HasSubstr("\\x1b[2JX\\x0a")));
}

TEST(WatchLine, SaysAllInOneLine) {
  EXPECT_EQ(watch_line(rising(2)[0], "12:30:05"),
            "12:30:05  CPU: 50 %  Commands: 500/s  Network out: 40 kB/s  Network in: 5 kB/s  "
            "Clients: 12  Memory: 1.5 MB  Most: KEYS 30 %, GET 10 %");
}

TEST(WatchLine, LeavesOutWhatIsNotKnownAndNeverObeysNames) {
  EXPECT_EQ(watch_line({.cpu = 0.5, .by_command = {{.name = "\x1b[2J\n", .core = 0.1}}}, "t"),
            "t  CPU: 50 %  Commands: 0/s  Most: \\x1b[2J\\x0a 10 %");
}

}  // namespace
}  // namespace rqpp::cli
