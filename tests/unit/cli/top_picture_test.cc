#include "cli/top_picture.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "cli/top_tables.h"
#include "drawn.h"

namespace rqpp::cli {
namespace {

using namespace std::chrono_literals;
using doctor::Characters;
using protocol::QueueCounts;
using protocol::WorkerRecord;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr Time kMidnight{};

/// Two queues and three workers for ten seconds; `mail` drains, and two jobs end a second.
TopState ten_seconds() {
  TopState state(TopScope::all_queues);
  for (int i = 0; i < 10; ++i) {
    TopSight sight{.at_seconds = static_cast<double>(i),
                   .now = kMidnight + std::chrono::seconds{i},
                   .queues = {{"default", {.failed = 3, .scheduled = 12}},
                              {"mail", {.queued = 1'234 - 2 * i, .started = 1, .finished = 2 * i}}},
                   .workers = {{.name = "anna",
                                .queues = {"mail", "default"},
                                .state = "busy",
                                .last_heartbeat = kMidnight,
                                .current_job = "job-1",
                                .successful_job_count = 2 * i},
                               {.name = "bob",
                                .queues = {"default"},
                                .state = "idle",
                                .last_heartbeat = kMidnight - 5min},
                               {.name = "carl", .queues = {"default"}, .state = "suspended"}}};
    state.take(sight);
  }
  state.learn_start({"anna", "job-1"}, kMidnight - 90s);
  return state;
}

TopState crowd(int queues, int workers) {
  TopSight sight;
  for (int i = 0; i < queues; ++i) sight.queues.push_back({fmt::format("queue{:04}", i), {}});
  for (int i = 0; i < workers; ++i) {
    sight.workers.push_back({.name = fmt::format("worker{:04}", i),
                             .queues = {"a", "b"},
                             .state = "busy",
                             .current_job = fmt::format("job{}", i)});
  }
  TopState state(TopScope::all_queues);
  state.take(sight);
  return state;
}

constexpr PictureLook kWide{.columns = 100, .rows = 24, .characters = Characters::ascii};

TEST(TopPicture, HasSumsGraphsQueuesAndWorkers) {
  const auto lines = top_picture(ten_seconds(), {.title = "redis://h:6379/0",
                                                 .status = "q ends",
                                                 .columns = 100,
                                                 .rows = 20,
                                                 .characters = Characters::ascii});

  EXPECT_EQ(joined_lines(lines), R"(
redis://h:6379/0   3 workers: 1 busy, 1 idle, 1 suspended
2 queues: 1,216 waiting, 1 executing, 3 failed, 18 finished, 12 scheduled, 0 deferred
Jobs done    2/s   (peak 2/s)                      Jobs waiting 1,216   (peak 1,234)
      2/s                               #########      2,000
                                        #########                                         ..........
                                        #########                                         ##########
        0                               #########          0                              ##########
Queues   waiting  change/s executing  failed finished scheduled deferred
mail       1,216        -2         1       0       18         0        0
default        0         0         0       3        0        12        0
Workers  state           for  job                           queues             done  jobs/s heard of
anna     busy           99 s  job-1                         mail,default         18       2      9 s
bob      idle                                               default               0       0    5 min
carl     suspended                                          default               0       0        -





q ends
)");
}

TEST(TopPicture, FitsEveryTerminal) {
  for (const TopState& state : {TopState(TopScope::all_queues), ten_seconds(), crowd(30, 30)}) {
    expect_fits_every_terminal([&](const PictureLook& look) { return top_picture(state, look); });
  }
}

TEST(TopPicture, KeepsTheStatusInTheLastLine) {
  for (const int rows : {1, 3, 10, 50}) {
    PictureLook look = kWide;
    look.rows = rows;
    look.status = "q ends";
    EXPECT_THAT(top_picture(crowd(50, 50), look).back(), HasSubstr("q ends")) << rows;
    EXPECT_THAT(top_picture(crowd(0, 0), look).back(), HasSubstr("q ends")) << rows;
  }
}

TEST(TopPicture, CountsWhatDoesNotFit) {
  const std::string text = joined_lines(top_picture(crowd(50, 200), kWide));

  const auto lines_with = [&text](const std::string& name) {
    int count = 0;
    for (auto at = text.find("\n" + name); at != std::string::npos;
         at = text.find("\n" + name, at + 1)) {
      ++count;
    }
    return count;
  };
  const int queues = lines_with("queue0");
  const int workers = lines_with("worker0");
  EXPECT_GE(queues, 3);
  EXPECT_GE(workers, 3);
  EXPECT_THAT(text, AllOf(HasSubstr(fmt::format("\nand {} more\n", 50 - queues)),
                          HasSubstr(fmt::format("\nand {} more\n", 200 - workers))));
}

TEST(TopPicture, SaysThatManyTakeTurns) {
  const std::string many = joined_lines(top_picture(crowd(101, 1'200), kWide));
  const std::string few = joined_lines(top_picture(crowd(100, 100), kWide));

  EXPECT_THAT(many, AllOf(HasSubstr("1,200 workers (100 a look): 1,200 busy"),
                          HasSubstr("\n101 queues (100 a look): 0 waiting")));
  EXPECT_THAT(few, Not(HasSubstr("a look")));
}

TEST(TopPicture, IsAllAsciiWhereTheTerminalIs) {
  for (const std::string& line : top_picture(ten_seconds(), kWide)) {
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' '; })) << line;
  }
}

TEST(TopPicture, ColorsOnlyWhereThatIsWanted) {
  PictureLook colored = kWide;
  colored.colors = true;

  EXPECT_THAT(top_picture(ten_seconds(), kWide), Each(Not(HasSubstr("\x1b"))));
  EXPECT_THAT(joined_lines(top_picture(ten_seconds(), colored)),
              AllOf(HasSubstr("\x1b[31mbusy"), HasSubstr("\x1b[32midle"),
                    HasSubstr("\x1b[33msuspended"), HasSubstr("\x1b[1mQueues")));
}

TEST(TopPicture, NeverObeysNames) {
  TopState state(TopScope::all_queues);
  state.take({.queues = {{"\x1b[2Jq\nü", {}}},
              .workers = {{.name = "\x1b]0;w\x07",
                           .queues = {"\x1b[1A"},
                           .state = "\x1b[5m",
                           .current_job = "\x1b[7m\r"}}});

  const std::string text =
      joined_lines(top_picture(state, {.title = "\x1b]0;t\x07", .columns = 160, .rows = 30}));

  EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\r")), HasSubstr("\\x1b[2Jq\\x0a"),
                          HasSubstr("\\x1b]0;w\\x07"), HasSubstr("\\x1b[7m\\x0d")));
}

TEST(TopPicture, CutsNamesWhereThereIsNoRoom) {
  TopState state(TopScope::all_queues);
  state.take({.queues = {{std::string(300, 'q'), {.queued = 7}}},
              .workers = {{.name = std::string(300, 'w'),
                           .queues = {std::string(300, 'x')},
                           .state = "busy",
                           .current_job = std::string(300, 'j'),
                           .successful_job_count = 42}}});

  const std::string text = joined_lines(top_picture(state, {.columns = 80, .rows = 24}));

  EXPECT_THAT(text, AllOf(HasSubstr("qqqqqqqqqqqqqqq        7"), HasSubstr("wwwwwwwww  busy"),
                          HasSubstr("jjjj"), HasSubstr("xxxx"), HasSubstr("42")));
}

TEST(TopTables, ShowAJobWithoutAStartAndClocksThatDiffer) {
  TopState state(TopScope::all_queues);
  state.take({.now = kMidnight,
              .workers = {{.name = "w",
                           .state = "busy",
                           .last_heartbeat = kMidnight + 1h,
                           .current_job = "job-1"}}});

  const Lines lines = worker_table(state, 5, kWide);

  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[1], AllOf(HasSubstr("busy              -  job-1"), HasSubstr("      0 s")));
}

TEST(TopTables, ShareTheRowsThatThereAre) {
  EXPECT_EQ(share_rows(20, crowd(3, 4)), (TableRows{.queues = 4, .workers = 5}));
  EXPECT_EQ(share_rows(20, crowd(50, 50)), (TableRows{.queues = 10, .workers = 10}));
  EXPECT_EQ(share_rows(20, crowd(50, 4)), (TableRows{.queues = 15, .workers = 5}));
  EXPECT_EQ(share_rows(20, crowd(4, 50)), (TableRows{.queues = 5, .workers = 15}));
  EXPECT_EQ(share_rows(0, crowd(4, 50)), TableRows{});
}

TEST(TopTables, SayHowManyWhereNoneFits) {
  EXPECT_EQ(joined_lines(worker_table(crowd(0, 9), 2, {.columns = 20})),
            "\nWork  state\nand 9 of them\n");
  EXPECT_THAT(worker_table(crowd(0, 9), 1, kWide), SizeIs(1));
  EXPECT_THAT(worker_table(crowd(0, 9), 0, kWide), SizeIs(0));
}

TEST(SignedRate, SaysInWhichDirection) {
  EXPECT_EQ(signed_rate(std::nullopt), "-");
  EXPECT_EQ(signed_rate(0), "0");
  EXPECT_EQ(signed_rate(-0.01), "0");
  EXPECT_EQ(signed_rate(3.5), "+3.5");
  EXPECT_EQ(signed_rate(-1'204), "-1,204");
}

TEST(TopLine, SaysAllInOneLine) {
  EXPECT_EQ(top_line(ten_seconds(), "12:30:05"),
            "12:30:05  Done: 2/s  Waiting: 1,216 (-2/s)  Executing: 1  Failed: 3  Workers: 1 busy, "
            "1 idle, 1 suspended");
  EXPECT_EQ(top_line(crowd(1, 0), "12:30:05"),
            "12:30:05  Done: not known  Waiting: 0  Executing: 0  Failed: 0  Workers: none");
}

}  // namespace
}  // namespace rqpp::cli
