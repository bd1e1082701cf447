#include "support/call_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/replies.h"

namespace rqpp::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

ExecutedCall call(std::vector<std::string> words) {
  const std::size_t count = words.size();
  return {.words = std::move(words), .word_count = count};
}

ExecutedCall long_call(std::vector<std::string> words, std::size_t count) {
  return {.words = std::move(words), .word_count = count};
}

TEST(CallRules, AllowWhatTouchesAKnownNumberOfElements) {
  EXPECT_THAT(broken_rule(call({"GET", "k"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"hset", "k", "a", "1"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"ZRANGE", "k", "0", "99"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"ZRANGE", "k", "-10", "-1"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"ZRANGE", "k", "0", "5", "BYSCORE", "LIMIT", "0", "100"})),
              IsEmpty());
  EXPECT_THAT(broken_rule(call({"ZRANGEBYSCORE", "k", "-inf", "5", "LIMIT", "0", "100"})),
              IsEmpty());
  EXPECT_THAT(broken_rule(call({"SSCAN", "k", "0", "COUNT", "100"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"SSCAN", "k", "0"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"LPOP", "k"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"LPOP", "k", "32"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"LMPOP", "2", "a", "b", "LEFT", "COUNT", "32"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"XREVRANGE", "k", "+", "-", "COUNT", "1"})), IsEmpty());
  EXPECT_THAT(broken_rule(long_call({"DEL", "a"}, 101)), IsEmpty());
  EXPECT_THAT(broken_rule(long_call({"HMGET", "k", "a"}, 102)), IsEmpty());
  EXPECT_THAT(broken_rule(long_call({"RPUSH", "k", "a"}, 102)), IsEmpty());
  EXPECT_THAT(broken_rule(long_call({"ZADD", "k", "1", "a"}, 202)), IsEmpty());
}

TEST(CallRules, RefuseWhatGrowsWithTheData) {
  for (const char* name : {"KEYS", "SMEMBERS", "HGETALL", "LREM", "linsert", "SINTER"}) {
    EXPECT_THAT(broken_rule(call({name, "k"})), HasSubstr("grows with what is there"));
  }
}

TEST(CallRules, RefuseRangesThatAreOpenOrTooLong) {
  EXPECT_THAT(broken_rule(call({"ZRANGE", "k", "0", "-1"})), HasSubstr("its range is 0 to -1"));
  EXPECT_THAT(broken_rule(call({"LRANGE", "k", "0", "100"})),
              HasSubstr("the length of its range is 101"));
  EXPECT_THAT(broken_rule(call({"ZRANGEBYSCORE", "k", "-inf", "5"})), HasSubstr("has no LIMIT"));
  EXPECT_THAT(broken_rule(call({"ZRANGE", "k", "0", "5", "byscore"})), HasSubstr("has no LIMIT"));
  EXPECT_THAT(broken_rule(call({"ZRANGEBYSCORE", "k", "0", "5", "LIMIT", "0", "-1"})),
              HasSubstr("LIMIT is -1"));
  EXPECT_THAT(broken_rule(call({"XREVRANGE", "k", "+", "-"})), HasSubstr("has no COUNT"));
  EXPECT_THAT(broken_rule(call({"SSCAN", "k", "0", "COUNT", "101"})), HasSubstr("COUNT is 101"));
  EXPECT_THAT(broken_rule(call({"LPOP", "k", "101"})), HasSubstr("the count is 101"));
  EXPECT_THAT(broken_rule(call({"LMPOP", "1", "a", "LEFT", "COUNT", "101"})),
              HasSubstr("COUNT is 101"));
  EXPECT_THAT(broken_rule(call({"SRANDMEMBER", "k", "-5"})), HasSubstr("the count is -5"));
}

TEST(CallRules, KnowWhatIsShort) {
  EXPECT_THAT(broken_rule(call({"LREM", "rqpp:inbox:w", "1", "j"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"LREM", "rq:queue:q:intermediate", "1", "j"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"LREM", "rq:queue:q", "1", "j"})), HasSubstr("grows"));
  EXPECT_THAT(broken_rule(call({"COPY", "rqpp:scratch", "rq:results:j"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"LTRIM", "rqpp:rate:k", "-10", "-1"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"ZREMRANGEBYSCORE", "rqpp:runs:w", "-1", "-1"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"ZREMRANGEBYSCORE", "rq:wip:q", "-1", "-1"})), HasSubstr("grows"));
  EXPECT_THAT(broken_rule(call({"LINDEX", "k", "-10"})), IsEmpty());
  EXPECT_THAT(broken_rule(call({"LINDEX", "k", "5000"})), HasSubstr("the distance is 5000"));
}

TEST(CallRules, RefuseTooManyElementsInOneCall) {
  EXPECT_THAT(broken_rule(long_call({"UNLINK", "a"}, 102)), HasSubstr("elements is 101"));
  EXPECT_THAT(broken_rule(long_call({"HSET", "k", "a", "1"}, 204)), HasSubstr("elements is 101"));
  EXPECT_THAT(broken_rule(long_call({"RPUSH", "k", "a"}, 103)), HasSubstr("elements is 101"));
}

TEST(CallRules, RefuseWhatTheyDoNotKnow) {
  EXPECT_THAT(broken_rule(call({"GEORADIUS", "k"})), HasSubstr("no rule says"));
}

TEST(CallRules, TellCallsApartByWhatTheirKeyIsAbout) {
  EXPECT_EQ(class_of(call({"hset", "rq:job:j1", "a", "1"})), "HSET rq:job");
  EXPECT_EQ(class_of(call({"SADD", "rq:queues", "q"})), "SADD rq:queues");
  EXPECT_EQ(class_of(call({"evalsha", "1f0e", "0"})), "EVALSHA 1f0e");
  EXPECT_EQ(class_of(call({"PING"})), "PING");
}

TEST(SlowLog, CountsTheWordsThatItLeavesOut) {
  const auto entry = [](std::vector<redis::Reply> words) {
    return array({number(7), number(1'700'000'000), number(1'234), array(std::move(words)),
                  text("127.0.0.1:1"), text("")});
  };

  EXPECT_EQ(read_logged_call(entry({text("GET"), text("k")})),
            (ExecutedCall{{"GET", "k"}, 2, std::chrono::microseconds{1'234}}));
  EXPECT_EQ(read_logged_call(entry({text("DEL"), text("a"), text("... (968 more arguments)")})),
            (ExecutedCall{{"DEL", "a"}, 970, std::chrono::microseconds{1'234}}));
}

}  // namespace
}  // namespace rqpp::test
