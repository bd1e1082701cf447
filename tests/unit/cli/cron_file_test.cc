#include "cli/cron_file.h"
#include "cli/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using namespace std::chrono_literals;
using scheduler::CronEntry;
using scheduler::Missed;
using scheduler::Overlap;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<CronEntry> parse(std::string_view text) {
  return parse_cron_file(text, "x.cron",
                         [](const std::string& path) { return "content of " + path; });
}
std::string refusal(std::string_view text) {
  try {
    parse(text);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "it was taken";
}

TEST(ParseCronFile, ReadsEntries) {
  const auto entries = parse(R"(
# for all entries
timezone = Europe/Berlin
timeout = 10m

[the report]
run = reports.build 'last month' draft:=true body=@letter.txt
cron = 30 2 * * mon-fri
queue = reports
timezone = UTC
overlap = skip
missed = once
result-ttl = -1
at-front = yes
webhook = https://example.com/done
webhook = POST failed https://example.com/alarm

; another one
[ping]
  run=monitor.ping
  every = 30s
)");

  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].name, "the report");
  EXPECT_EQ(entries[0].call,
            (Call{.function = "reports.build",
                  .args = {"last month"},
                  .kwargs = {{"draft", true}, {"body", "content of letter.txt"}}}));
  EXPECT_EQ(entries[0].cron, "30 2 * * mon-fri");
  EXPECT_TRUE(entries[0].expression);
  EXPECT_EQ(entries[0].queue, "reports");
  EXPECT_EQ(entries[0].zone_name, "UTC");
  EXPECT_EQ(entries[0].overlap, Overlap::skip);
  EXPECT_EQ(entries[0].missed, Missed::once);
  EXPECT_EQ(entries[0].options.timeout, 600s);
  EXPECT_EQ(entries[0].options.result_ttl, kForever);
  EXPECT_TRUE(entries[0].options.at_front);
  EXPECT_EQ(entries[0].options.webhooks, (std::vector<Webhook>{{.url = "https://example.com/done"},
                                                               {.url = "https://example.com/alarm",
                                                                .job_status = Status::failed,
                                                                .method = Webhook::Method::post}}));
  EXPECT_EQ(entries[1].name, "ping");
  EXPECT_EQ(entries[1].every, 30s);
  EXPECT_EQ(entries[1].zone_name, "Europe/Berlin");
  EXPECT_EQ(parse("[a]\nrun = m.f\ncron = @daily\n").at(0).zone_name, "local");  // as in RQ 3
  EXPECT_EQ(entries[1].queue, "default");
  EXPECT_EQ(entries[1].overlap, Overlap::allow);
  EXPECT_EQ(entries[1].missed, Missed::skip);
}

TEST(ParseCronFile, SaysWhatIsWrongAndWhere) {
  const std::map<std::string, std::string> cases{
      {"",
       "x.cron: there is no entry in it: write [name], and below it run = module.function and "
       "cron = 30 2 * * *, or every = 5m"},
      {"run = m.f", "x.cron:1: run belongs to an entry: write [name] above it"},
      {"[a]\nrun = m.f", "x.cron:1: [a] says not when: add cron = 30 2 * * *, or every = 5m"},
      {"\n[a]\nevery = 5m", "x.cron:2: [a] has no line run = module.function"},
      {"[a]\nrun = m.f\nevery = 5m\ncron = @daily",
       "x.cron:1: [a] has both cron and every: leave one out"},
      {"[a]\nrun = m.f\ncron = 0 0 31 2 *",
       "x.cron:3: it never matches: no such day is in any of its months"},
      {"[a]\nqeue = x", "x.cron:2: there is no setting 'qeue'. Did you mean 'queue'?"},
      {"[a]\nrun = m.f 'x", "x.cron:2: a closing ' is missing"},
      {"[a]\nrun =", "x.cron:2: it names no function"},
      {"[a]\nevery = 0", "x.cron:2: '0' is no period: use 1 s to 100 years"},
      {"[a]\nmissed = maybe", "x.cron:2: 'maybe' is not one of all, once, skip"},
      {"[a]\nqueue = a,b",
       "x.cron:2: the queue name 'a,b' is not allowed: it must not be empty nor "
       "hold a comma, as RQ joins a worker's queues with commas"},
      {"[a]\nrun = m.f\nevery = 1m\n[a]",
       "x.cron:4: there are two entries 'a', or names as good as equal"},
      {"[a b]\nrun = m.f\nevery = 1m\n[a_b]",
       "x.cron:4: there are two entries 'a_b', or names as good as equal"},
      {"[a]\nwebhook = PUT http://h/",
       "x.cron:2: before a webhook's URL stands 'PUT': use GET or "
       "POST, finished or failed"},
      {"[a]\nqueue = x\nqueue = y", "x.cron:3: queue appears twice"},
      {"[a", "x.cron:1: a ']' is missing behind the entry's name"},
      {"[]", "x.cron:1: the entry has no name"},
      {"hello", "x.cron:1: 'hello' is no name = value, and no [entry]"},
      {"[a]\nrun = m.f\nevery = 1m\ntimeout = 0",
       "x.cron:1: [a] timeout is 0 s: use 1 to 10000000000 s, or -1 for no limit"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(refusal(text), expected) << text;
}

TEST(SplitWords, IsAsInAShell) {
  EXPECT_THAT(split_words("  a 'b c'  \"d 'e\" f\\ g h'i'j '' "),
              ElementsAre("a", "b c", "d 'e", "f g", "hij", ""));
  EXPECT_THAT(split_words(""), IsEmpty());
  EXPECT_THROW(split_words("'a"), InvalidArgument);
}

}  // namespace
}  // namespace rqpp::cli
