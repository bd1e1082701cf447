#include "redis/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/replies.h"

#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

using test::array;
using test::error;
using test::number;
using test::status;
using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Script kOne{"one", "return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"};
const Script kTwo{"two", "return 2", "7f923f79fe76194c868d7e1d0820de36700eb649"};

Batch commands(std::initializer_list<const char*> names) {
  Batch batch;
  for (const char* name : names) batch.add(name);
  return batch;
}

class PipelineTest : public testing::Test {
 protected:
  void send(Batch batch, std::chrono::milliseconds timeout = 1s) {
    pipeline.add(std::move(batch), timeout, out);
  }
  void answer(std::vector<Reply> replies) {
    for (Reply& reply : replies) pipeline.take(std::move(reply), out);
  }
  /// What was written since the last call.
  std::string written() { return std::exchange(out, {}); }

  Pipeline pipeline;
  std::string out;
};

TEST_F(PipelineTest, GivesEachBatchItsReplies) {
  send(commands({"A", "B"}));
  send(commands({"C"}));
  EXPECT_EQ(written(), "*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n*1\r\n$1\r\nC\r\n");
  EXPECT_EQ(pipeline.in_flight(), 2U);

  answer({number(1)});
  EXPECT_EQ(pipeline.next(), std::nullopt);
  answer({number(2), number(3)});

  EXPECT_THAT(*pipeline.next(), ElementsAre(number(1), number(2)));
  EXPECT_THAT(*pipeline.next(), ElementsAre(number(3)));
  EXPECT_EQ(pipeline.next(), std::nullopt);
  EXPECT_EQ(pipeline.in_flight(), 0U);
}

TEST_F(PipelineTest, AnswersAnEmptyBatchInItsPlace) {
  send(commands({"A"}));
  send(Batch());
  EXPECT_EQ(pipeline.in_flight(), 1U);
  EXPECT_EQ(pipeline.next(), std::nullopt);

  answer({number(1)});

  EXPECT_THAT(*pipeline.next(), ElementsAre(number(1)));
  EXPECT_THAT(*pipeline.next(), ElementsAre());
}

TEST_F(PipelineTest, PutsATransactionBetweenMultiAndExec) {
  send(commands({"A", "B"}).atomic());
  EXPECT_EQ(written(),
            "*1\r\n$5\r\nMULTI\r\n*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n*1\r\n$4\r\nEXEC\r\n");

  answer({status("OK"), status("QUEUED"), status("QUEUED"), array({number(1), error("ERR b")})});

  EXPECT_THAT(*pipeline.next(), ElementsAre(number(1), error("ERR b")));
}

TEST_F(PipelineTest, PutsOnlyTheTransactionsOfABatchBetweenMultiAndExec) {
  send(commands({"A"})
           .append(commands({"B", "C"}).atomic())
           .append(Batch().call(kOne, {}, {}))
           .append(commands({"K"}).atomic())
           .append(commands({"E", "F"}).atomic()));
  EXPECT_EQ(
      written(),
      "*1\r\n$1\r\nA\r\n*1\r\n$5\r\nMULTI\r\n*1\r\n$1\r\nB\r\n*1\r\n$1\r\nC\r\n*1\r\n$4\r\nEXEC\r\n"
      "*3\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n0\r\n*1\r\n$1\r\nK\r\n"
      "*1\r\n$5\r\nMULTI\r\n*1\r\n$1\r\nE\r\n*1\r\n$1\r\nF\r\n*1\r\n$4\r\nEXEC\r\n");

  answer({number(1), status("OK"), status("QUEUED"), status("QUEUED"),
          array({number(2), number(3)}), number(4), number(5), status("OK"), status("QUEUED"),
          error("ERR f"), error("EXECABORT discarded")});

  EXPECT_EQ(pipeline.in_flight(), 0U);
  EXPECT_THAT(*pipeline.next(), ElementsAre(number(1), number(2), number(3), number(4), number(5),
                                            error("EXECABORT discarded"), error("ERR f")));
}

TEST_F(PipelineTest, SendsATransactionOfOneCommandBare) {
  send(commands({"A"}).atomic());

  EXPECT_EQ(written(), "*1\r\n$1\r\nA\r\n");
}

TEST_F(PipelineTest, ShowsWhichCommandDiscardedATransaction) {
  send(commands({"A", "B", "C"}).atomic());

  answer({status("OK"), status("QUEUED"), error("ERR unknown command"), status("QUEUED"),
          error("EXECABORT discarded")});

  EXPECT_THAT(*pipeline.next(),
              ElementsAre(error("EXECABORT discarded"), error("ERR unknown command"),
                          error("EXECABORT discarded")));
}

TEST_F(PipelineTest, FailsAllCommandsWhenMultiIsRefused) {
  send(commands({"A", "B"}).atomic());
  send(commands({"C"}));

  answer({error("NOPERM multi"), number(1), number(2), error("ERR EXEC without MULTI"), number(3)});

  EXPECT_THAT(*pipeline.next(), ElementsAre(error("NOPERM multi"), error("NOPERM multi")));
  EXPECT_THAT(*pipeline.next(), ElementsAre(number(3)));
}

TEST_F(PipelineTest, RefusesATransactionOfAnotherSize) {
  send(commands({"A", "B"}).atomic());

  EXPECT_THROW(answer({status("OK"), status("QUEUED"), status("QUEUED"), array({number(1)})}),
               DecodeError);
}

TEST_F(PipelineTest, RefusesAReplyThatNobodyAwaits) {
  send(commands({"A"}));
  answer({number(1)});

  EXPECT_THROW(answer({number(2)}), DecodeError);
}

TEST_F(PipelineTest, SendsTheTextOfAScriptOncePerConnection) {
  send(Batch().call(kOne, {"k"}, {"a"}));
  EXPECT_EQ(written(), "*5\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\na\r\n");

  send(Batch().call(kOne, {"k"}, {"a"}));
  EXPECT_EQ(written(), "*5\r\n$7\r\nEVALSHA\r\n$40\r\n" + kOne.sha() +
                           "\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\na\r\n");

  pipeline.disconnect();
  send(Batch().call(kOne, {}, {}));
  EXPECT_THAT(written(), HasSubstr("EVAL\r\n"));
}

TEST_F(PipelineTest, SendsAForgottenScriptAgainAndKeepsTheOrderOfReplies) {
  send(Batch().call(kOne, {}, {}).call(kTwo, {}, {}));
  answer({number(1), number(2)});
  ASSERT_TRUE(pipeline.next());
  send(commands({"A"}).call(kOne, {}, {"x"}).add("B").call(kTwo, {}, {}));
  send(commands({"C"}));
  written();

  answer({number(10), error("NOSCRIPT No matching script")});
  EXPECT_EQ(written(), "*4\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n0\r\n$1\r\nx\r\n");
  answer({number(12), error("NOSCRIPT No matching script")});
  EXPECT_EQ(written(), "*3\r\n$4\r\nEVAL\r\n$8\r\nreturn 2\r\n$1\r\n0\r\n");
  answer({number(20)});
  EXPECT_EQ(pipeline.next(), std::nullopt) << "the first batch is not complete yet";
  EXPECT_EQ(pipeline.in_flight(), 1U);
  answer({number(11), number(13)});

  EXPECT_THAT(*pipeline.next(), ElementsAre(number(10), number(11), number(12), number(13)));
  EXPECT_THAT(*pipeline.next(), ElementsAre(number(20)));
}

TEST_F(PipelineTest, SendsAScriptByItsTextWhereverItMustNotComeBehindWhatFollows) {
  const auto in_order = [] { return Batch().call(kOne, {"k"}, {"x"}, CallBy::text).more("y"); };
  const std::string by_text =
      "*6\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\nx\r\n$1\r\ny\r\n";
  send(in_order());
  EXPECT_EQ(written(), by_text);

  send(in_order());
  EXPECT_EQ(written(), by_text);
  send(commands({"A"}).append(in_order()));
  EXPECT_EQ(written(), "*1\r\n$1\r\nA\r\n" + by_text);
}

TEST_F(PipelineTest, SendsTheTextOfAScriptOnceInATransaction) {
  Batch batch;
  for (const char* key : {"k", "l"}) batch.call(kOne, {key}, {}, CallBy::text);
  send(batch.atomic());
  const std::string transaction =
      "*1\r\n$5\r\nMULTI\r\n*4\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$1\r\nk\r\n"
      "*4\r\n$7\r\nEVALSHA\r\n$40\r\n" +
      kOne.sha() + "\r\n$1\r\n1\r\n$1\r\nl\r\n*1\r\n$4\r\nEXEC\r\n";
  EXPECT_EQ(written(), transaction);

  send(batch);
  EXPECT_EQ(written(), transaction) << "Redis may have forgotten it since";
}

TEST_F(PipelineTest, SendsAScriptAgainOnlyOnce) {
  send(Batch().call(kOne, {}, {}));
  answer({error("NOSCRIPT really")});
  written();

  answer({error("NOSCRIPT really")});

  EXPECT_EQ(written(), "");
  EXPECT_THAT(*pipeline.next(), ElementsAre(error("NOSCRIPT really")));
}

TEST_F(PipelineTest, PassesOnOtherErrorsOfScripts) {
  send(Batch().call(kOne, {}, {}));
  written();

  answer({error("ERR user_script:1: boom")});

  EXPECT_EQ(written(), "");
  EXPECT_THAT(*pipeline.next(), ElementsAre(error("ERR user_script:1: boom")));
}

TEST_F(PipelineTest, TellsTheTimeoutOfTheBatchWhoseTurnItIs) {
  EXPECT_EQ(pipeline.timeout(), std::nullopt);
  send(commands({"A"}), 1s);
  send(commands({"B"}), 2s);
  EXPECT_EQ(pipeline.timeout(), 1s);

  answer({number(1)});

  EXPECT_EQ(pipeline.timeout(), 2s);
}

TEST_F(PipelineTest, KeepsOnlyWhatWasCompleteInOrderAtADisconnect) {
  send(commands({"A"}));
  send(Batch().call(kOne, {}, {}));
  send(commands({"C"}));
  send(commands({"D"}));
  answer({number(1), error("NOSCRIPT x"), number(3)});

  pipeline.disconnect();

  EXPECT_EQ(pipeline.in_flight(), 0U);
  EXPECT_THAT(*pipeline.next(), ElementsAre(number(1)));
  EXPECT_EQ(pipeline.next(), std::nullopt) << "the third batch would pass for the second";
  send(commands({"E"}));
  answer({number(5)});
  EXPECT_THAT(*pipeline.next(), ElementsAre(number(5)));
}

TEST_F(PipelineTest, BorrowsABatchWithoutCopyingIt) {
  const Batch batch = commands({"A"});
  pipeline.add_borrowed(batch, 1s, out);

  answer({number(1)});

  EXPECT_THAT(*pipeline.next(), ElementsAre(number(1)));
  EXPECT_TRUE(pipeline.idle());
}

TEST_F(PipelineTest, WorksOnAfterItWasMoved) {
  send(commands({"A", "B"}).atomic());
  answer({status("OK")});

  Pipeline moved = std::move(pipeline);
  moved.take(status("QUEUED"), out);
  moved.take(status("QUEUED"), out);
  moved.take(array({number(1), number(2)}), out);

  EXPECT_THAT(*moved.next(), ElementsAre(number(1), number(2)));
}

}  // namespace
}  // namespace rqpp::redis
