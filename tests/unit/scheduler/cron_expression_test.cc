#include "scheduler/cron_expression.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "scheduler/zone.h"
#include "support/paths.h"

#include <rqpp/error.h>

namespace rqpp::scheduler {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
namespace ch = std::chrono;

Instant at(int year, unsigned month, unsigned day, ch::seconds time = 0s) {
  return ch::sys_days{ch::year{year} / static_cast<int>(month) / static_cast<int>(day)} + time;
}

std::string refusal(std::string_view text) {
  try {
    CronExpression::parse(text);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "it was taken";
}

/// The next moments in UTC, as `02-29 10:00:00`.
std::vector<std::string> next(std::string_view text, Instant after, int count,
                              const std::string& zone_name = "UTC") {
  const CronExpression cron = CronExpression::parse(text);
  const Zone zone = find_zone(zone_name);
  std::vector<std::string> moments;
  for (auto it = cron.next(after, zone); it && count > 0; it = cron.next(*it, zone), --count) {
    const ch::year_month_day date{ch::floor<ch::days>(*it)};
    const ch::hh_mm_ss time{*it - ch::floor<ch::days>(*it)};
    moments.push_back(fmt::format("{:02}-{:02} {:02}:{:02}:{:02}",
                                  static_cast<unsigned>(date.month()),
                                  static_cast<unsigned>(date.day()), time.hours().count(),
                                  time.minutes().count(), time.seconds().count()));
  }
  return moments;
}

TEST(CronExpression, MatchesWhatItSays) {
  EXPECT_THAT(next("30 2 * * *", at(2026, 5, 1, 3h), 2),
              ElementsAre("05-02 02:30:00", "05-03 02:30:00"));
  EXPECT_THAT(next("*/20 8-9 * * MON", at(2026, 5, 1), 4),
              ElementsAre("05-04 08:00:00", "05-04 08:20:00", "05-04 08:40:00", "05-04 09:00:00"));
  EXPECT_THAT(next("0 0 * * 7", at(2026, 5, 1), 1), ElementsAre("05-03 00:00:00"));
  EXPECT_THAT(next("0 0 L feb *", at(2027, 1, 1), 2),
              ElementsAre("02-28 00:00:00", "02-29 00:00:00"));
  EXPECT_THAT(next("0 9 * * fri#2", at(2026, 1, 1), 2),
              ElementsAre("01-09 09:00:00", "02-13 09:00:00"));
}

TEST(CronExpression, HasTheSecondInItsSixthField) {
  EXPECT_THAT(next("*/5 * * * * */30", at(2026, 1, 1), 3),
              ElementsAre("01-01 00:00:30", "01-01 00:05:00", "01-01 00:05:30"));
}

TEST(CronExpression, IsSatisfiedByEitherOfTwoRestrictedDays) {
  EXPECT_THAT(next("0 12 13 * 5", at(2026, 1, 8), 3),
              ElementsAre("01-09 12:00:00", "01-13 12:00:00", "01-16 12:00:00"));
}

TEST(CronExpression, NeverNamesTheMomentItIsAskedAbout) {
  EXPECT_THAT(next("0 0 * * *", at(2026, 5, 1), 1), ElementsAre("05-02 00:00:00"));
  EXPECT_THAT(next("0 0 * * *", at(2026, 5, 1) - 1s, 1), ElementsAre("05-01 00:00:00"));
}

TEST(CronExpression, RunsAtTheMomentWhenTheClocksSkipItsTime) {
  // In Berlin 2:00 to 3:00 is skipped.
  EXPECT_THAT(next("30 2 * * *", at(2026, 3, 28), 3, "Europe/Berlin"),
              ElementsAre("03-28 01:30:00", "03-29 01:00:00", "03-30 00:30:00"));
  EXPECT_THAT(next("0,30 2,3 * * *", at(2026, 3, 28, 12h), 3, "Europe/Berlin"),
              ElementsAre("03-29 01:00:00", "03-29 01:30:00", "03-30 00:00:00"));
  EXPECT_THAT(next("*/30 * * * *", at(2026, 3, 29, 29min), 3, "Europe/Berlin"),
              ElementsAre("03-29 00:30:00", "03-29 01:00:00", "03-29 01:30:00"));
}

TEST(CronExpression, RunsTheFirstTimeWhenTheClocksShowItsTimeTwice) {
  // In Berlin 2:00 to 3:00 comes twice.
  EXPECT_THAT(next("30 2 * * *", at(2026, 10, 24, 12h), 2, "Europe/Berlin"),
              ElementsAre("10-25 00:30:00", "10-26 01:30:00"));
  EXPECT_THAT(next("0 * * * *", at(2026, 10, 24, 23h), 4, "Europe/Berlin"),
              ElementsAre("10-25 00:00:00", "10-25 01:00:00", "10-25 02:00:00", "10-25 03:00:00"));
}

// See tests/golden/cron/capture.py.
TEST(CronExpression, AgreesWithCroniterOverYearsInManyZones) {
  std::ifstream file(test::golden_dir() + "/cron/expected.txt");
  int compared = 0;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> parts;
    std::istringstream words(line);
    for (std::string part; std::getline(words, part, '\t');) parts.push_back(part);
    ASSERT_EQ(parts.size(), 6U) << line;
    const CronExpression cron = CronExpression::parse(parts[0]);
    const Zone zone = find_zone(parts[1]);
    const Instant end{ch::seconds{std::stoll(parts[3])}};
    std::int64_t count = 0;
    std::uint64_t digest = 0xcbf29ce484222325;
    auto moment = cron.next(Instant{ch::seconds{std::stoll(parts[2])}}, zone);
    for (; moment && *moment < end; moment = cron.next(*moment, zone), ++count) {
      for (const char c : fmt::format("{} ", moment->time_since_epoch().count())) {
        digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3;
      }
    }
    EXPECT_EQ(count, std::stoll(parts[4])) << line;
    EXPECT_EQ(fmt::format("{:016x}", digest), parts[5]) << line;
    ++compared;
  }
  EXPECT_EQ(compared, 224);
}

TEST(CronExpression, IsRefusedWithTheReason) {
  EXPECT_THAT(refusal("* * * *"), HasSubstr("has 4 fields: use 5, minute hour day month weekday"));
  EXPECT_THAT(refusal(""), HasSubstr("has 0 fields"));
  EXPECT_EQ(refusal("60 * * * *"),
            "the minute '60' is none: use 0 to 59, ranges 1-5, lists 1,2 and steps */5");
  for (const char* text :
       {"a * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "1- * * * *",
        "-1 * * * *", "1--2 * * * *", "*/0 * * * *", "*/ * * * *", "1,,2 * * * *", "* * * * 5#6",
        "* * * * 5#", "@never", "1/2/3 * * * *", "* * * * * 60", "999 * * * *", "* * * foo *"}) {
    EXPECT_THAT(refusal(text), testing::AnyOf(HasSubstr("is none"), HasSubstr("fields"))) << text;
  }
  EXPECT_THAT(refusal(std::string(2'000, '*')), HasSubstr("1000 characters"));
}

TEST(CronExpression, IsRefusedIfItNeverMatches) {
  for (const char* text : {"0 0 31 2 *", "0 0 30 feb *", "0 0 31 4,6,9,11 *"}) {
    EXPECT_EQ(refusal(text), "it never matches: no such day is in any of its months") << text;
  }
  EXPECT_EQ(refusal("0 0 29 2 *"), "it was taken");
  EXPECT_EQ(refusal("0 0 31 2 5"), "it was taken");  // the Fridays of February
}

TEST(CronExpression, EndsWithTheCalendar) {
  const CronExpression cron = CronExpression::parse("0 0 * * *");

  EXPECT_EQ(cron.next(at(9999, 12, 31), utc), std::nullopt);
  EXPECT_EQ(cron.next(Instant::max(), utc), std::nullopt);
  EXPECT_NE(cron.next(Instant::min(), utc), std::nullopt);
}

TEST(FindZone, RefusesANameThatNobodyKnows) {
  EXPECT_THROW(find_zone("Europe/Atlantis"), InvalidArgument);
  EXPECT_THROW(find_zone(""), InvalidArgument);
  EXPECT_THROW(find_zone("../../etc/passwd"), InvalidArgument);
}

}  // namespace
}  // namespace rqpp::scheduler
