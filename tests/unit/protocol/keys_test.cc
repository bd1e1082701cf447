#include "protocol/keys.h"

#include <gtest/gtest.h>

namespace rqpp::protocol {
namespace {

TEST(Keys, AreSpelledAsRqSpellsThem) {
  EXPECT_EQ(keys::queue("q"), "rq:queue:q");
  EXPECT_EQ(keys::job("j"), "rq:job:j");
  EXPECT_EQ(keys::dependents("j"), "rq:job:j:dependents");
  EXPECT_EQ(keys::dependencies("j"), "rq:job::j:dependencies");
  EXPECT_EQ(keys::results("j"), "rq:results:j");
  EXPECT_EQ(keys::executions("j"), "rq:executions:j");
  EXPECT_EQ(keys::execution("j", "e"), "rq:execution:j:e");
  EXPECT_EQ(keys::wip("q"), "rq:wip:q");
  EXPECT_EQ(keys::worker_executions("w"), "rq:worker:w:executions");
  EXPECT_EQ(keys::runs("w~1"), "rqpp:runs:w~1");
  EXPECT_EQ(keys::queue_workers("q"), "rq:workers:q");
  EXPECT_EQ(keys::commands("w"), "rq:pubsub:w");
}

TEST(Keys, GiveTheirNamesBack) {
  EXPECT_EQ(keys::queue_name(keys::queue("a:b")), "a:b");
  EXPECT_EQ(keys::queue_name("rq:worker:w"), "");
  EXPECT_EQ(keys::worker_name(keys::worker("w")), "w");
  EXPECT_EQ(keys::worker_name(""), "");
}

}  // namespace
}  // namespace rqpp::protocol
