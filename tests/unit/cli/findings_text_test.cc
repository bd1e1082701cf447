#include "cli/findings_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

doctor::Facts facts_to_show() {
  doctor::Facts facts;
  facts.server = {
      .version = "7.0.15", .mode = "standalone", .role = "master", .uptime_seconds = 9'000};
  facts.before = {.at_seconds = 0, .cpu_seconds = 0, .reads = 0};
  facts.after = {.at_seconds = 10,
                 .cpu_seconds = 8.7,
                 .reads = 100'000,
                 .by_command = {{"keys", {.calls = 110'000, .usec = 6'000'000}}},
                 .clients = 212,
                 .memory = 1'200'000'000,
                 .keys = 1'203'331};
  facts.keys = doctor::KeySample{.looked_at = 2'000, .in_database = 1'203'331};
  facts.unseen = {{"the slow log", "NOPERM no"}};
  facts.cost = {
      .commands = 6'109, .usec = 4'000, .bytes_out = 163'000, .bytes_in = 141'000, .seconds = 12.1};
  return facts;
}

doctor::Finding finding_to_show() {
  return {.id = "costly-command",
          .severity = doctor::Severity::critical,
          .subject = "KEYS",
          .title = "KEYS takes 69 % of Redis' CPU",
          .share = 0.69,
          .per_second = 11'000,
          .offenders = {"user:*: 11,000/s, by web-*"},
          .why = "It walks through every key.",
          .cure =
              "`SCAN cursor MATCH pattern COUNT 100` until the cursor is 0: the same keys in short "
              "steps.",
          .repair = "do nothing"};
}

TEST(FindingsText, SaysWhatIsWrongAndWhatToDo) {
  EXPECT_EQ(findings_text(facts_to_show(), {finding_to_show()}, {.url = "redis://db:6379/0"}),
            R"(redis 7.0.15 at redis://db:6379/0: standalone, master, up 2 h
87 % of a core, 11,000 commands per second (1.1 per request), 212 clients, 1.2 GB of memory, 1,203,331 keys; measured for 10 s.
Looked at 2,000 of 1,203,331 keys.

critical  KEYS takes 69 % of Redis' CPU
          - user:*: 11,000/s, by web-*
    why   It walks through every key.
    do    `SCAN cursor MATCH pattern COUNT 100` until the cursor is 0: the same
          keys in short steps.
  repair  `rqpp doctor --repair` would do nothing.

Not seen: the slow log (NOPERM no).
This visit cost Redis 6,109 commands, about 4 ms of its CPU in 12 s, 163 kB in and 141 kB out.
)");
}

TEST(FindingsText, SaysThatNothingIsWrong) {
  EXPECT_THAT(findings_text({}, {}, {}), HasSubstr("\nNothing was found that needs care.\n"));
}

TEST(FindingsText, IsColoredOnTerminalsOnly) {
  EXPECT_THAT(findings_text({}, {finding_to_show()}, {.colors = true}),
              HasSubstr("\n\x1b[31;1mcritical\x1b[0m  KEYS takes"));
  EXPECT_THAT(findings_text({}, {finding_to_show()}, {}), Not(HasSubstr("\x1b")));
}

TEST(FindingsText, NeverObeysNamesFromRedis) {
  doctor::Facts facts = facts_to_show();
  facts.server.version = "\x1b[2J";
  facts.unseen = {{"x", "\x1b]0;pwned\x07"}};
  doctor::Finding finding = finding_to_show();
  finding.title = finding.why = finding.cure = finding.repair = "a\x1b[31m\nb";
  finding.offenders = {"\x1b]0;pwned\x07\r\n"};

  const std::string text = findings_text(facts, {finding}, {});

  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
  EXPECT_THAT(text, HasSubstr("a\\x1b[31m\\x0ab"));
}

TEST(FindingsJson, HasAllOfIt) {
  const Json json = findings_json(facts_to_show(), {finding_to_show()}, "redis://db:6379/0");

  EXPECT_EQ(json["server"]["url"], "redis://db:6379/0");
  EXPECT_EQ(json["load"]["commands"][0]["name"], "keys");
  EXPECT_EQ(json["findings"][0]["id"], "costly-command");
  EXPECT_EQ(json["findings"][0]["severity"], "critical");
  EXPECT_EQ(json["findings"][0]["share"], 0.69);
  EXPECT_EQ(json["unseen"][0]["what"], "the slow log");
  EXPECT_EQ(json["cost"]["commands"], 6'109);
}

}  // namespace
}  // namespace rqpp::cli
