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

TEST_F(SuspensionTest, IsAskedForWithOneCommand) {
  test::reset_counts(connection);

  now();

  EXPECT_EQ(test::command_counts(connection), (std::map<std::string, std::int64_t>{{"pttl", 1}}));
}

}  // namespace
}  // namespace rqpp::protocol
