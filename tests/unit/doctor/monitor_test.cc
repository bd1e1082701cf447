#include "doctor/monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

TEST(MonitorLine, HasWhoAndWhat) {
  const auto line =
      parse_monitor_line(R"(1339518083.107412 [0 127.0.0.1:60866] "set" "user:1" "a\"b\n\x00")");

  ASSERT_TRUE(line);
  EXPECT_EQ(line->client, "127.0.0.1:60866");
  EXPECT_THAT(line->words, ElementsAre("set", "user:1", std::string("a\"b\n\0", 5)));
}

TEST(MonitorLine, MayComeFromAScriptOrASocketWithAStrangePath) {
  EXPECT_EQ(parse_monitor_line(R"(1.0 [0 lua] "get" "k")")->client, "lua");
  EXPECT_EQ(parse_monitor_line(R"(1.0 [9 unix:/tmp/a b] c.sock] "get" "k")")->client,
            "unix:/tmp/a b] c.sock");
}

TEST(MonitorLine, KeepsAFewShortWords) {
  const std::string word(10'000, 'x');
  std::string text = "1.0 [0 1.1.1.1:1]";
  for (int i = 0; i < 100; ++i) text += " \"" + word + "\"";

  const auto line = parse_monitor_line(text);

  ASSERT_TRUE(line);
  EXPECT_THAT(line->words, SizeIs(4));
  EXPECT_EQ(line->words[0].size(), kMostNameBytes);
}

TEST(MonitorLine, IsNoneInAnotherForm) {
  for (const char* text : {"", "OK", "1.0", "1.0 [", "1.0 [0 x]", "1.0 [0 x] ", R"(1.0 [0 x] "un)",
                           R"(1.0 [0] "get")", R"("get" "k")", R"(1.0 [0 x] "get\)"}) {
    EXPECT_EQ(parse_monitor_line(text), std::nullopt) << text;
  }
}

MonitorLine call(std::vector<std::string> words, std::string client = "10.0.0.7:1") {
  return {.client = std::move(client), .words = std::move(words)};
}

TEST(UseCounter, CountsByCommandPatternAndClient) {
  UseCounter counter(UseCounter::Names{{"10.0.0.7:1", "web-*"}});
  counter.add(call({"get", "user:1"}));
  counter.add(call({"GET", "user:2"}, "10.0.0.8:5"));
  counter.add(call({"get", "user:3"}, "lua"));
  counter.add(call({"keys", "*"}));

  const auto uses = counter.uses();

  EXPECT_EQ(counter.lines(), 4);
  ASSERT_THAT(uses, SizeIs(2));
  EXPECT_EQ(uses[0].command, "GET");
  EXPECT_EQ(uses[0].pattern, "user:*");
  EXPECT_EQ(uses[0].calls, 3);
  EXPECT_EQ(uses[0].by_scripts, 1);
  EXPECT_THAT(uses[0].clients, ElementsAre(Pair("10.0.0.8", 1), Pair("web-*", 1)));
  EXPECT_EQ(uses[1].pattern, "*");
}

TEST(UseCounter, NeedsBoundedMemory) {
  UseCounter counter(UseCounter::Names{});
  for (int i = 0; i < 20'000; ++i) {
    std::string letters;
    for (int n = i; n > 0; n /= 26) letters += static_cast<char>('a' + n % 26);
    counter.add(call({"get", letters + ":" + letters + letters}));
  }

  EXPECT_EQ(counter.lines(), 20'000);
  EXPECT_LE(counter.uses().size(), 200U);
}

TEST(UseCounter, HasNothingAtFirst) {
  EXPECT_THAT(UseCounter(UseCounter::Names{}).uses(), IsEmpty());
}

}  // namespace
}  // namespace rqpp::doctor
