#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/budget_meter.h"
#include "cli/budget_stated.h"
#include "cli/budget_table.h"
#include "support/paths.h"

namespace rqpp::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// The cells of the row of docs/protocol.md that begins with this text.
std::vector<std::string> row_of(const std::string& step) {
  std::ifstream page(test::source_dir() + "/docs/protocol.md");
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| " + step + " |")) continue;
    std::vector<std::string> cells;
    std::istringstream row(line.substr(1));
    for (std::string cell; std::getline(row, cell, '|');) {
      cells.push_back(cell.size() < 2 ? std::string() : cell.substr(1, cell.size() - 2));
    }
    return cells;
  }
  ADD_FAILURE() << "docs/protocol.md has no row '" << step << "'";
  return {};
}

std::string commands_of(const std::string& step) {
  const auto cells = row_of(step);
  return cells.size() > 2 ? cells[2] : std::string();
}

std::string text(double number) { return std::to_string(static_cast<int>(number)); }

TEST(BudgetStated, IsWhatTheDocumentationPromises) {
  EXPECT_THAT(commands_of("enqueue"), StartsWith(text(stated::kEnqueue) + " "));
  EXPECT_THAT(commands_of("enqueue n jobs"),
              StartsWith("n, and " + text(stated::kMoreForMany) + " per 100 (+1"));
  EXPECT_THAT(
      commands_of("enqueue a job that waits for p others"),
      StartsWith(text(stated::kEnqueueAfter) + ", " + text(stated::kPerParent) + " per parent"));
  EXPECT_THAT(commands_of("enqueue a unique job"), StartsWith(text(stated::kEnqueueUnique) + " "));
  EXPECT_THAT(commands_of("claim, and settle of the job before it, in one write"),
              StartsWith(text(stated::kClaimAndSettle) + " "));
  EXPECT_THAT(commands_of("– claim"), StartsWith(text(stated::kClaim) + " "));
  EXPECT_THAT(commands_of("– settle"), StartsWith(text(stated::kSettle) + ";"));
  EXPECT_THAT(commands_of("put back: retry, snooze, stop, or taken ahead in vain"),
              StartsWith(text(stated::kPutBack) + " "));
  EXPECT_THAT(commands_of("– enqueue what is due"),
              AllOf(StartsWith("1, and " + text(stated::kDue) + " per job"),
                    HasSubstr("up to " + text(stated::kMoreForDue - 1) + " per queue")));
  EXPECT_THAT(commands_of("tell d jobs that wait for one that has ended"),
              HasSubstr(text(stated::kRelease) + " per released child, and " +
                        text(stated::kMoreToRelease) + " per 50"));
  EXPECT_EQ(commands_of("result"), text(stated::kResult));
  EXPECT_THAT(commands_of("wait for a result"), StartsWith(text(stated::kWait) + " at once"));
  EXPECT_THAT(commands_of("cancel, delete"), StartsWith(text(stated::kCancel) + " "));
  EXPECT_EQ(commands_of("requeue"), text(stated::kRequeue));
  EXPECT_THAT(commands_of("clear a queue; remove it"),
              StartsWith(text(stated::kMoreToEmpty) + " + jobs"));
  EXPECT_EQ(commands_of("counts of a queue"), text(stated::kCounts));
  EXPECT_THAT(commands_of("idle worker"), StartsWith(text(stated::kIdleMinute) + " a minute"));
  EXPECT_THAT(commands_of("lease, each " + text(stated::kLeaseSeconds) + " s of every worker"),
              StartsWith(text(stated::kLease) + " "));
}

TEST(BudgetCost, IsTheLeastOfTheRoundsAndTheMiddleOfTheirTimes) {
  const std::vector<ServerCounts> rounds{
      {.commands = {{"set", 20}, {"get", 10}}, .cpu = 100us, .bytes = 900, .reads = 12},
      {.commands = {{"set", 20}}, .cpu = 300us, .bytes = 500, .reads = 10},
      {.commands = {{"set", 20}, {"get", 1}}, .cpu = 200us, .bytes = 600, .reads = 11}};

  EXPECT_EQ(cost_of(rounds, 10),
            (BudgetCost{.commands = 2, .cpu_microseconds = 20, .bytes = 50, .reads = 1.0}));
}

TEST(BudgetCost, OfAServerThatDoesNotSayHowOftenItReadHasNoReads) {
  EXPECT_EQ(cost_of({{.commands = {{"set", 4}}}}, 2).reads, std::nullopt);
}

TEST(BudgetTable, ShowsWhatIsAboveItsBudget) {
  const BudgetHeading heading{.server = "Redis 7.0.15", .url = "redis://h/15", .rounds = 3};
  const BudgetLine good{"enqueue a job", 2.0, {2, 13.7, 400.2, 1.0}};
  const BudgetLine bad{"read a result", 4.0, {5.25, 9, 123, 2.0}};

  EXPECT_EQ("\n" + to_text(heading) + "\n" + to_text(good) + "\n" + to_text(bad) + "\n", R"(
Redis 7.0.15 at redis://h/15, 3 rounds; others execute 0 commands a second meanwhile.

each costs Redis                        commands  at most   reads    CPU us    bytes
enqueue a job                                  2        2       1        14      400
read a result                                5.3        4       2         9      123  above
)");
  EXPECT_EQ(remarks(heading, {good}), "");
  EXPECT_THAT(remarks(heading, {good, bad}), StartsWith("A line is above"));
}

TEST(BudgetTable, SaysWhenOthersDisturb) {
  const BudgetHeading heading{.foreign_rate = 1'234};

  EXPECT_THAT(to_text(heading), HasSubstr("others execute 1234 commands a second"));
  EXPECT_THAT(remarks(heading, {}), HasSubstr("Others use this Redis"));
}

TEST(BudgetTable, IsOneObjectForPrograms) {
  const Json json = to_json({.server = "Redis 7", .url = "u", .rounds = 2, .foreign_rate = 0.5},
                            {{"a", 2.0, {1.5, 3, 4, 5.0}}, {"b", std::nullopt, {1, 2, 3, {}}}});

  EXPECT_EQ(to_line(json),
            R"({"server":"Redis 7","url":"u","rounds":2,"foreign_commands_per_second":0.5,)"
            R"("steps":[{"step":"a","commands":1.5,"at_most":2.0,"reads":5.0,)"
            R"("cpu_microseconds":3.0,"bytes":4.0},{"step":"b","commands":1.0,"at_most":null,)"
            R"("reads":null,"cpu_microseconds":2.0,"bytes":3.0}]})");
}

TEST(BudgetTable, ShowsNoControlCharactersOfAServer) {
  EXPECT_EQ(to_text(BudgetHeading{.server = "Redis \x1b[2J"}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace rqpp::cli
