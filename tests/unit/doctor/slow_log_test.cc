#include "doctor/slow_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::doctor {
namespace {

using redis::Reply;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Reply number(std::int64_t value) { return {.type = Reply::Type::integer, .number = value}; }
Reply text(const std::string& value) { return {.type = Reply::Type::string, .text = value}; }
Reply array(std::vector<Reply> elements) {
  return {.type = Reply::Type::array, .elements = std::move(elements)};
}

Reply entry(std::int64_t at, std::int64_t usec, const std::vector<std::string>& words,
            const std::string& name = "web-1") {
  std::vector<Reply> list;
  for (const std::string& word : words) list.push_back(text(word));
  return array(
      {number(1), number(at), number(usec), array(list), text("10.0.0.7:50312"), text(name)});
}

TEST(SlowLog, HasCallsOfOneKindTogether) {
  const SlowLog log = read_slow_log(
      array({entry(990, 100, {"smembers", "user:1"}), entry(995, 300, {"SMEMBERS", "user:2"}, ""),
             entry(900, 5'000, {"keys", "*"})}),
      1000, "rqpp-doctor");

  EXPECT_EQ(log.looked_at, 3);
  EXPECT_THAT(log.calls,
              ElementsAre(SlowCalls{"KEYS", "*", 1, 5'000, 5'000, 100, "web-*"},
                          SlowCalls{"SMEMBERS", "user:*", 2, 300, 400, 5, "10.0.0.7:50312"}));
}

TEST(SlowLog, LeavesTheVisitorOut) {
  const SlowLog log =
      read_slow_log(array({entry(990, 100, {"info"}, "rqpp-doctor")}), 1000, "rqpp-doctor");

  EXPECT_THAT(log.calls, IsEmpty());
}

TEST(SlowLog, KnowsEntriesBeforeRedis4) {
  const SlowLog log = read_slow_log(
      array({array({number(1), number(990), number(20), array({text("get"), text("a")})})}), 1000,
      "");

  EXPECT_THAT(log.calls, ElementsAre(SlowCalls{"GET", "a", 1, 20, 20, 10, ""}));
}

TEST(SlowLog, TakesAnyReply) {
  EXPECT_THAT(read_slow_log({}, 0, "").calls, IsEmpty());
  EXPECT_THAT(
      read_slow_log(array({number(1), text("x"), array({}), array({text("a")})}), 0, "").calls,
      IsEmpty());
  EXPECT_THAT(
      read_slow_log(array({array({number(1), number(2), number(3), array({})})}), 0, "").calls,
      IsEmpty());
  // Numbers at the end of what can be counted; a clock that went back.
  const auto most = std::numeric_limits<std::int64_t>::max();
  const SlowLog log = read_slow_log(
      array({entry(most - 1, most, {"get", "a"}), entry(most, most, {"get", "a"})}), 1, "");
  ASSERT_THAT(log.calls, SizeIs(1));
  EXPECT_EQ(log.calls[0].age_seconds, 0);
}

TEST(SlowLog, OfBinaryArgumentsStaysShort) {
  const SlowLog log = read_slow_log(
      array({entry(1, 1, {"set", std::string("\x1b\0\xff", 3) + std::string(100'000, 'x'), "v"})}),
      2, "");

  ASSERT_THAT(log.calls, SizeIs(1));
  EXPECT_LE(log.calls[0].pattern.size(), kMostNameBytes);
}

TEST(SlowKeys, AreThoseThatRedisHasNotCut) {
  EXPECT_THAT(slow_keys(array({entry(1, 1, {"smembers", "ids"}), entry(1, 1, {"keys", "*"}),
                               entry(1, 1, {"get", "abc... (900 more bytes)"}),
                               entry(1, 1, {"evalsha", "abc", "1", "k"})})),
              ElementsAre("ids", "k"));
}

}  // namespace
}  // namespace rqpp::doctor
