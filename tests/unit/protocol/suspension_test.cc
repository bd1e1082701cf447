#include <gtest/gtest.h>

#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "support/replies.h"

namespace rqpp::protocol {
namespace {

using redis::Reply;
using redis::to_text;
using test::number;
using namespace std::chrono_literals;

TEST(Suspension, IsOneKey) {
  EXPECT_EQ(to_text(suspend(0s)), "\nSET rq:suspended 1\n");
  EXPECT_EQ(to_text(suspend(90s)), "\nSET rq:suspended 1 EX 90\n");
  EXPECT_EQ(to_text(resume()), "\nDEL rq:suspended\n");
  EXPECT_EQ(to_text(suspension()), "\nPTTL rq:suspended\n");
}

TEST(Suspension, IsReadFromTheTimeThatTheKeyHasLeft) {
  EXPECT_EQ(read_suspension(number(-2)), std::nullopt);
  EXPECT_EQ(read_suspension(number(-1)), Suspension{});
  EXPECT_EQ(read_suspension(number(1'500)), Suspension{.left = 1'500ms});
  EXPECT_EQ(read_suspension(number(0)), Suspension{.left = 0ms});
}

}  // namespace
}  // namespace rqpp::protocol
