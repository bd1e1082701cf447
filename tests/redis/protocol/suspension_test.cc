#include <gmock/gmock.h>

#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

class SuspensionTest : public ProtocolTest {
 protected:
  std::optional<Suspension> now() { return read_suspension(connection.run(suspension()).at(0)); }
};

TEST_F(SuspensionTest, LastsUntilItIsEnded) {
  EXPECT_EQ(now(), std::nullopt);

  connection.run(suspend(0s));
  EXPECT_EQ(now(), Suspension{});

  EXPECT_EQ(number(resume()), 1);
  EXPECT_EQ(now(), std::nullopt);
  EXPECT_EQ(number(resume()), 0);
}

TEST_F(SuspensionTest, EndsByItself) {
  connection.run(suspend(90s));

  const auto found = now();
  ASSERT_TRUE(found && found->left);
  EXPECT_GT(*found->left, 60s);
  EXPECT_LE(*found->left, 90s);
}

TEST_F(SuspensionTest, MayBeChanged) {
  connection.run(suspend(90s));

  connection.run(suspend(0s));

  EXPECT_EQ(now(), Suspension{});
}

TEST_F(SuspensionTest, TellsWhenTheFirstOfItAndThePausesEnds) {
  const std::vector<std::string> queues{"a", "b", "c"};
  const auto first_end = [&] {
    const Pauses all = read_pauses(queues, connection.run(pauses(queues)).at(0));
    return read_first_end(connection.run(pause_ends(all)));
  };
  connection.run(suspend(0s));
  connection.run(pause_queue("a", 0s));
  EXPECT_EQ(first_end(), std::nullopt) << "they last until somebody ends them";

  connection.run(pause_queue("b", 100s));
  connection.run(pause_queue("c", 50s));

  ASSERT_TRUE(first_end());
  EXPECT_GT(*first_end(), 40s);
  EXPECT_LE(*first_end(), 50s);
}

TEST_F(SuspensionTest, EndsAtOnceIfItHasEndedMeanwhile) {
  const auto replies = connection.run(pause_ends({.suspended = true, .queues = {"q"}}));

  EXPECT_EQ(read_first_end(replies), 0ms);
}

TEST_F(SuspensionTest, IsAskedForWithOneCommand) {
  test::reset_counts(admin());

  now();

  EXPECT_EQ(test::command_counts(admin()), (std::map<std::string, std::int64_t>{{"pttl", 1}}));
}

}  // namespace
}  // namespace rqpp::protocol
