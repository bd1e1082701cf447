#include "protocol/usage_text.h"

#include <gtest/gtest.h>

namespace rqpp::protocol {
namespace {

using std::chrono::microseconds;

const Usage kUsage{.wall = microseconds(1234),
                   .user_cpu = microseconds(1000),
                   .system_cpu = microseconds(20),
                   .peak_memory_bytes = 10'485'760};

TEST(UsageText, ComesBackAsItWas) {
  EXPECT_EQ(protocol::to_text(kUsage),
            "wall_us=1234 user_us=1000 system_us=20 peak_bytes=10485760");
  EXPECT_EQ(parse_usage(protocol::to_text(kUsage)), kUsage);
}

TEST(UsageText, MayGrow) {
  EXPECT_EQ(
      parse_usage("disk_bytes=7 peak_bytes=10485760 wall_us=1234 user_us=1000 system_us=20 x"),
      kUsage);
}

TEST(UsageText, StopsNobodyWhenItIsDamaged) {
  for (const char* text : {"", " ", "wall_us=1", "wall_us=1 user_us=2 system_us=3",
                           "wall_us=-1 user_us=0 system_us=0 peak_bytes=0",
                           "wall_us=1x user_us=0 system_us=0 peak_bytes=0",
                           "wall_us=99999999999999999999 user_us=0 system_us=0 peak_bytes=0"}) {
    EXPECT_EQ(parse_usage(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace rqpp::protocol
