#include "doctor/html_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "doctor/chart_svg.h"
#include "doctor/html_text.h"

namespace rqpp::doctor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHostile = "</title><script>alert('x')</script>\" onload=\"y\x1b[2J\xff";

TEST(HtmlText, EscapesWhatHtmlWouldRead) {
  EXPECT_EQ(html_text("a<b>&\"c' d"), "a&lt;b&gt;&amp;&quot;c&#39; d");
  EXPECT_EQ(html_text("\x1b[2J\n\xff\u202e µs"), "\\x1b[2J\\x0a\\xff\\u202e µs");
}

TEST(HtmlProse, MarksWhatStandsBetweenBackticks) {
  EXPECT_EQ(html_prose("use `SCAN <n>`, or `x`"),
            "use <code>SCAN &lt;n&gt;</code>, or <code>x</code>");
  EXPECT_EQ(html_prose("one ` only <"), "one ` only &lt;");
}

TEST(DrawSvg, HasALineWithItsScaleTimesAndHints) {
  const std::string svg = draw_svg({.title = "CPU",
                                    .measure = Measure::cpu,
                                    .from = 3'600,
                                    .to = 3'604,
                                    .lines = {{"CPU", {0.0, 0.5, 1.0, 0.25}}}});

  EXPECT_THAT(svg, HasSubstr("<path class=\"line c0\" d=\"M 145.0 174.0 L 283.0 93.0 L 421.0 12.0 "
                             "L 559.0 133.5\"/>"));
  EXPECT_THAT(svg, HasSubstr("<path class=\"area c0\""));
  EXPECT_THAT(svg, HasSubstr(">100 %</text>"));
  EXPECT_THAT(svg, AllOf(HasSubstr(">01:00:00</text>"), HasSubstr(">01:00:02</text>"),
                         HasSubstr(">01:00:04</text>")));
  EXPECT_THAT(svg, HasSubstr("<title>01:00:02 UTC\nCPU: 100 %</title>"));
  EXPECT_THAT(svg, HasSubstr("aria-label=\"CPU: peak 100 %\""));
}

TEST(DrawSvg, LeavesGaps) {
  const std::string svg =
      draw_svg({.to = 4, .lines = {{"CPU", {0.5, std::nullopt, std::nullopt, 0.5}}}});

  EXPECT_THAT(svg, AllOf(HasSubstr("d=\"M 145.0 93.0\"/>"), HasSubstr("d=\"M 559.0 93.0\"/>")));
}

TEST(DrawSvg, NamesItsLines) {
  const std::string svg = draw_svg({.to = 1, .lines = {{"GET", {0.1}}, {kHostile, {0.2}}}});

  EXPECT_THAT(svg, HasSubstr("<span class=\"key k0\"></span>GET</li>"));
  EXPECT_THAT(svg, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("\x1b"))));
}

/// With names from a hostile server in every part.
class Report : public ::testing::Test {
 protected:
  Report() {
    const std::string hostile = kHostile;
    facts.server = {.software = "redis",
                    .version = hostile,
                    .mode = hostile,
                    .role = hostile,
                    .uptime_seconds = 7'200};
    facts.after = {.at_seconds = 10, .cpu_seconds = 5, .by_command = {{hostile, {9, 100'000}}}};
    facts.before.cpu_seconds = 0;
    facts.unseen = {{hostile, hostile}};
    facts.cost = {
        .commands = 40, .usec = 1'500, .bytes_out = 300, .bytes_in = 9'000, .seconds = 10};
    findings = {{.id = "x",
                 .severity = Severity::critical,
                 .subject = hostile,
                 .title = "KEYS takes 61 %" + hostile,
                 .offenders = {hostile},
                 .why = hostile,
                 .cure = "`SCAN` instead" + hostile,
                 .repair = hostile}};
    readings = {{.from = 0,
                 .to = 10,
                 .cpu = 0.5,
                 .by_command = {{.name = hostile, .per_second = 9, .core = 0.2}}}};
  }

  std::string html() const {
    return html_report({.facts = facts,
                        .findings = findings,
                        .readings = readings,
                        .started = 1'795'000'000,
                        .url = kHostile});
  }

  Facts facts;
  std::vector<Finding> findings;
  std::vector<Reading> readings;
};

TEST_F(Report, EscapesEveryForeignText) {
  EXPECT_THAT(html(), AllOf(Not(HasSubstr("<script")), Not(HasSubstr("\x1b")),
                            Not(HasSubstr("\xff")), Not(HasSubstr("onload=\"y"))));
  EXPECT_THAT(html(), HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
}

TEST_F(Report, NeedsNothingFromElsewhere) {
  // A page that asks for anything names it by one of these.
  EXPECT_FALSE(std::regex_search(
      html(), std::regex("(src|href|srcset|action|data)=|url\\(|@import|https?:|<(script|link|img|"
                         "iframe|object|embed)")));
  EXPECT_THAT(html(), HasSubstr("default-src 'none'"));
}

TEST_F(Report, HasTheLoadTheFindingsAndTheCost) {
  EXPECT_THAT(html(), HasSubstr("Measured from 2026-11-18"));
  EXPECT_THAT(html(), HasSubstr("<dt>CPU, of a core</dt><dd>50 %</dd>"));
  EXPECT_THAT(html(),
              HasSubstr("<article class=\"critical\"><h3><span>critical</span> KEYS takes 61 %"));
  EXPECT_THAT(html(), HasSubstr("<strong>Do:</strong> <code>SCAN</code> instead"));
  EXPECT_THAT(html(),
              HasSubstr("This look cost Redis 40 commands, about 1.5 ms of its CPU in 10 s, "
                        "300 B in and 9 kB out."));
  EXPECT_THAT(html(), HasSubstr("CPU by command"));
}

TEST_F(Report, IsLightAndDark) {
  EXPECT_THAT(html(), HasSubstr("@media (prefers-color-scheme: dark)"));
}

TEST_F(Report, ClosesEveryElement) {
  std::vector<std::string> open;
  const std::string page = html();
  const std::regex tag("<(/?)([a-z0-9]+)[^>]*?(/?)>");
  for (std::sregex_iterator it(page.begin(), page.end(), tag), end; it != end; ++it) {
    const std::string name = (*it)[2];
    if ((*it)[3] == "/" || name == "meta") continue;
    if ((*it)[1] != "/") {
      open.push_back(name);
    } else {
      ASSERT_FALSE(open.empty());
      ASSERT_EQ(open.back(), name);
      open.pop_back();
    }
  }
  EXPECT_TRUE(open.empty());
}

TEST_F(Report, SaysThatNothingWasFoundAndHasNoGraphsWithoutReadings) {
  findings.clear();
  readings.clear();

  EXPECT_THAT(html(),
              AllOf(HasSubstr("Nothing was found that needs care."), Not(HasSubstr("<svg"))));
}

}  // namespace
}  // namespace rqpp::doctor
