#include "worker/run_ledger.h"

#include <gmock/gmock.h>

namespace rqpp::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Run = protocol::Standing::Run;

Run run(const std::string& execution_id) {
  return {.job_id = "j" + execution_id, .execution_id = execution_id};
}

TEST(RunLedger, FindsWhatWasAskedAndNotHeardOf) {
  RunLedger ledger;
  ledger.ask("e1", {.claim = 7});
  ledger.ask("e2", {.lost_worker = "w"});

  const auto difference = ledger.compare({run("e1"), run("e2")});

  ASSERT_THAT(difference.answers, SizeIs(2));
  EXPECT_EQ(difference.answers[0].run, run("e1"));
  EXPECT_EQ(difference.answers[0].asked.claim, 7);
  EXPECT_EQ(difference.answers[1].asked.lost_worker, "w");
  EXPECT_THAT(difference.unknown, IsEmpty());
  EXPECT_THAT(difference.gone, IsEmpty());
}

// A second outage, while it is found out what the first one has cost.
TEST(RunLedger, FindsItAgainUntilItIsHeld) {
  RunLedger ledger;
  ledger.ask("e1", {});
  ledger.compare({run("e1")});

  EXPECT_THAT(ledger.compare({run("e1")}).answers, SizeIs(1));
  ledger.hold("e1");
  EXPECT_THAT(ledger.compare({run("e1")}).answers, IsEmpty());
}

TEST(RunLedger, KeepsNothingOfAQuestionThatRedisDidNotGrant) {
  RunLedger ledger;
  ledger.ask("e1", {});
  ledger.compare({});

  EXPECT_THAT(ledger.compare({run("e1")}).unknown, ElementsAre(run("e1")));
}

TEST(RunLedger, FindsRunsThatOnlyRedisKnows) {
  RunLedger ledger;
  ledger.hold("e1");
  ledger.ask("e2", {});
  ledger.took_none("e2");
  ledger.hold("e3");
  ledger.end("e3");

  const auto difference = ledger.compare({run("e1"), run("e2"), run("e3")});

  EXPECT_THAT(difference.unknown, ElementsAre(run("e2"), run("e3")));
}

TEST(RunLedger, FindsRunsThatRedisDoesNotKnow) {
  RunLedger ledger;
  ledger.hold("e1");
  ledger.hold("e2");

  EXPECT_THAT(ledger.compare({run("e2")}).gone, ElementsAre("e1"));
}

}  // namespace
}  // namespace rqpp::worker
