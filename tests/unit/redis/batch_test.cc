#include "redis/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

using testing::ElementsAre;

const Script kClaim{"claim", "return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"};

TEST(Batch, TakesTextsAndIntegers) {
  Batch batch;
  batch.add("ZADD", std::string("key"), 1000, std::string_view("id"), std::uint64_t{7}, "x")
      .add("INCRBY", "n", std::numeric_limits<std::int64_t>::min());

  ASSERT_EQ(batch.size(), 2U);
  EXPECT_THAT(batch.commands()[0].args, ElementsAre("ZADD", "key", "1000", "id", "7", "x"));
  EXPECT_THAT(batch.commands()[1].args, ElementsAre("INCRBY", "n", "-9223372036854775808"));
}

TEST(Batch, TakesMoreWordsForItsLastCommand) {
  const std::vector<std::string> ids{"c", "d"};
  Batch batch;
  batch.add("DEL", "x").add("RPUSH", "key").more("a", 1).more_of(ids);
  batch.call(kClaim, {"k"}, {"a1"}).more("a2");

  EXPECT_EQ(to_text(batch), "\nDEL x\nRPUSH key a 1 c d\nclaim(k | a1 a2)\n");
  EXPECT_THROW(Batch().more("a"), InvalidArgument);
}

TEST(Batch, HoldsItsWordsAsTheyAreSent) {
  Batch batch;
  batch.add("GET", "k").call(kClaim, {}, {});

  EXPECT_EQ(batch.encoded(0).words, "$3\r\nGET\r\n$1\r\nk\r\n");
  EXPECT_EQ(batch.encoded(0).count, 2U);
  EXPECT_EQ(batch.encoded(0).script, nullptr);
  EXPECT_EQ(batch.encoded(1).count, 3U);
  EXPECT_EQ(batch.encoded(1).script, &kClaim);
  EXPECT_EQ(batch.bytes(), batch.encoded(0).words.size() + batch.encoded(1).words.size());
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

TEST(Batch, IsATransactionWhenAnEmptyOneTakesIt) {
  Batch transaction;
  transaction.add("DEL", "x").atomic();
  Batch empty;

  empty.append(transaction);

  EXPECT_TRUE(empty.is_atomic());
}

TEST(Batch, KeepsTheTransactionsThatItAppends) {
  Batch batch;
  batch.add("PING");

  batch.append(std::move(Batch().add("DEL", "a").add("DEL", "b").atomic()));
  batch.call(kClaim, {}, {});
  batch.append(std::move(Batch().add("DEL", "c").add("DEL", "d").add("DEL", "e").atomic()));

  EXPECT_FALSE(batch.is_atomic());
  ASSERT_EQ(batch.transactions().size(), 2U);
  EXPECT_EQ(batch.transactions()[0].begin, 1U);
  EXPECT_EQ(batch.transactions()[0].end, 3U);
  EXPECT_EQ(batch.transactions()[1].begin, 4U);
  EXPECT_EQ(batch.transactions()[1].end, 7U);
}

TEST(Batch, MakesOneTransactionOfAll) {
  Batch batch;
  batch.add("DEL", "a").add("DEL", "b").atomic();

  batch.add("DEL", "c");
  EXPECT_FALSE(batch.is_atomic()) << "atomic() is about the commands so far";
  batch.atomic();

  EXPECT_TRUE(batch.is_atomic());
  EXPECT_EQ(batch.transactions().size(), 1U);
  EXPECT_FALSE(Batch().atomic().is_atomic()) << "MULTI around nothing";
}

TEST(Batch, RefusesScriptsThatRedisMayHaveForgottenInATransaction) {
  Batch scripted;
  scripted.call(kClaim, {}, {});

  EXPECT_THROW(Batch(scripted).atomic(), InvalidArgument);
  EXPECT_NO_THROW((void)Batch().call(kClaim, {}, {}, CallBy::text).atomic());
  EXPECT_NO_THROW((void)Batch().add("DEL", "x").atomic().call(kClaim, {}, {}));
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
