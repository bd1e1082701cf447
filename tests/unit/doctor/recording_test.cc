#include "doctor/recording.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::doctor {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;

Moment full_moment() {
  return {.sample = {.at_seconds = 2.5,
                     .cpu_seconds = 1.25,
                     .commands = 100,
                     .by_command = {{"config|get", {1, 2, 3, 4}}},
                     .errors = {{"ERR", 2}},
                     .clients = 3},
          .spent = {.calls = {{"info", 30}}, .bytes_out = 10, .bytes_in = 20}};
}

Opening full_opening() {
  return {.started = 1'795'000'000,
          .url = "redis://localhost:6379/0",
          .server = {.version = "7.0.15", .config = {{"maxmemory", "0"}}}};
}

TEST(Recording, ReadsWhatItWrote) {
  EXPECT_EQ(read_line(line_of(full_opening())), RecordedLine(full_opening()));
  EXPECT_EQ(read_line(line_of(full_moment())), RecordedLine(full_moment()));
  const Facts facts{.slow_log = SlowLog{.looked_at = 3}, .cost = {.commands = 5}};
  EXPECT_EQ(read_line(line_of(facts)), RecordedLine(facts));
}

TEST(Recording, IsOneLineForEachMoment) {
  Moment moment = full_moment();
  moment.sample.by_command["with\nbreak"] = {.calls = 1};

  const std::string line = line_of(moment);

  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(read_line(line), RecordedLine(moment));
}

TEST(Recording, BoundsALineByItsDearestCommands) {
  Moment moment = full_moment();
  for (int i = 0; i < 1'000; ++i) {
    moment.sample.by_command[fmt::format("{:0>200}", i)] = {.calls = i, .usec = i};
  }

  const std::string line = line_of(moment);
  const auto read = read_line(line);

  EXPECT_LE(line.size(), kMostMomentBytes);
  ASSERT_TRUE(read);
  const auto& kept = std::get<Moment>(*read).sample.by_command;
  EXPECT_THAT(kept, Contains(Key(fmt::format("{:0>200}", 999))));
  EXPECT_THAT(kept, Not(Contains(Key(fmt::format("{:0>200}", 1)))));
  EXPECT_GE(kept.size(), 50U);
}

TEST(Recording, TakesNoLineThatWasTorn) {
  for (const std::string& line : {line_of(full_opening()), line_of(full_moment())}) {
    for (std::size_t size = 0; size + 1 < line.size(); ++size) {
      ASSERT_FALSE(read_line(line.substr(0, size))) << line.substr(0, size);
    }
    EXPECT_FALSE(read_line(line.substr(0, line.size() / 2) + line)) << "two writers";
  }
}

TEST(Recording, TakesNothingElse) {
  for (const std::string& line :
       {std::string(), std::string("\n"), std::string("hello"), std::string("[1]"),
        std::string(R"({"recording": 2, "started": 1, "url": "u", "server": {}})"),
        std::string(R"({"recording": 1, "started": "x", "url": "u", "server": {}})"),
        std::string(R"({"moment": 5})"),
        std::string(R"({"moment": {}, "calls": [], "bytes_out": 1, "bytes_in": 1})"),
        std::string(
            R"({"moment": {"at_seconds": -1}, "calls": {}, "bytes_out": 1, "bytes_in": 1})"),
        std::string(
            R"({"moment": {"at_seconds": 1e300}, "calls": {}, "bytes_out": 1, "bytes_in": 1})"),
        std::string(100'000, '['), R"({"facts": )" + std::string(100'000, '['),
        R"({"facts": )" + std::string(10'000, '[') + std::string(10'000, ']') + "}",
        std::string(kMostLineBytes + 1, ' ')}) {
    EXPECT_FALSE(read_line(line)) << line.substr(0, 100);
  }
}

TEST(Recording, KnowsWhatItsMomentsSayUnlessAVisitSaidMore) {
  Recording recording{.opening = full_opening()};
  for (int second : {0, 1}) {
    Moment moment = full_moment();
    moment.sample.at_seconds = second;
    recording.timeline.add(moment);
  }

  EXPECT_EQ(recording.known().server, full_opening().server);
  EXPECT_EQ(recording.known().after.at_seconds, 1);

  recording.facts = Facts{.cost = {.commands = 7}};
  EXPECT_EQ(recording.known().cost.commands, 7);
}

}  // namespace
}  // namespace rqpp::doctor
