#include "redis/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

using testing::ElementsAre;

const Script kClaim{"claim", "return 1"};

TEST(Batch, TakesTextsAndIntegers) {
  Batch batch;
  batch.add("ZADD", std::string("key"), 1000, std::string_view("id"), std::uint64_t{7}, "x")
      .add("INCRBY", "n", std::numeric_limits<std::int64_t>::min());

  ASSERT_EQ(batch.size(), 2U);
  EXPECT_THAT(batch.commands()[0].args, ElementsAre("ZADD", "key", "1000", "id", "7", "x"));
  EXPECT_THAT(batch.commands()[1].args, ElementsAre("INCRBY", "n", "-9223372036854775808"));
}

TEST(Batch, CallsAScriptByItsHash) {
  Batch batch;
  batch.call(kClaim, {"k1", "k2"}, {"a1"});

  EXPECT_THAT(batch.commands()[0].args,
              ElementsAre("EVALSHA", kClaim.sha(), "2", "k1", "k2", "a1"));
  EXPECT_EQ(batch.commands()[0].script, &kClaim);
}

TEST(Batch, AppendsAnother) {
  Batch first;
  first.add("PING");
  Batch second;
  second.add("DEL", "x").call(kClaim, {}, {});

  first.append(second);

  EXPECT_EQ(to_text(first), "\nPING\nDEL x\nclaim()\n");
  EXPECT_FALSE(first.is_atomic());
}

TEST(Batch, StaysATransactionWhenAnEmptyOneTakesIt) {
  Batch transaction;
  transaction.add("DEL", "x").atomic();
  Batch empty;

  empty.append(transaction);

  EXPECT_TRUE(empty.is_atomic());
}

TEST(Batch, RefusesToLoseATransaction) {
  Batch transaction;
  transaction.add("DEL", "x").atomic();
  Batch plain;
  plain.add("PING");

  EXPECT_THROW(plain.append(transaction), InvalidArgument);
  EXPECT_EQ(plain.size(), 1U);
  EXPECT_NO_THROW(transaction.append(plain));
  EXPECT_TRUE(transaction.is_atomic());
}

TEST(Batch, RefusesScriptsInATransaction) {
  Batch scripted;
  scripted.call(kClaim, {}, {});
  Batch transaction;
  transaction.add("DEL", "x").atomic();

  EXPECT_THROW(Batch(scripted).atomic(), InvalidArgument);
  EXPECT_THROW(transaction.call(kClaim, {}, {}), InvalidArgument);
  EXPECT_THROW(transaction.append(scripted), InvalidArgument);
}

TEST(Batch, RefusesACommandWithoutWords) { EXPECT_THROW(Batch().add_words({}), InvalidArgument); }

TEST(BatchText, SeparatesKeysFromArgumentsOfAScript) {
  Batch batch;
  batch.call(kClaim, {"k1", "k2"}, {"a1", "a 2"})
      .call(kClaim, {"k"}, {})
      .call(kClaim, {}, {"a", "b"});

  EXPECT_EQ(to_text(batch), R"(
claim(k1 k2 | a1 "a 2")
claim(k)
claim(| a b)
)");
}

TEST(BatchText, QuotesWhatCannotStandAlone) {
  Batch batch;
  batch.add("SET", "", "two words", "say \"hi\"", "it's", std::string("\x00\x80\n", 3),
            "back\\slash", "a b\\c");

  EXPECT_EQ(to_text(batch), R"(
SET "" "two words" "say \"hi\"" "it's" "\x00\x80\x0a" back\slash "a b\\c"
)");
}

TEST(BatchText, OfNothingIsOneLineBreak) { EXPECT_EQ(to_text(Batch()), "\n"); }

}  // namespace
}  // namespace rqpp::redis
