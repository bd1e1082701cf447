#include "worker/condition.h"

#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

TEST(Condition, ReadsAsOneLine) {
  EXPECT_EQ(to_text({.connected = true}), "idle");
  EXPECT_EQ(to_text({.running = 1, .connected = true}), "1 job runs");
  EXPECT_EQ(to_text({.running = 3, .connected = true}), "3 jobs run");
  EXPECT_EQ(to_text({.connected = true, .suspended = true}), "suspended");
  EXPECT_EQ(to_text({.running = 1, .connected = true, .suspended = true}), "suspended; 1 job runs");
  EXPECT_EQ(to_text({.running = 2, .connected = true, .suspended = true, .stopping = true}),
            "stopping; 2 jobs run");
  EXPECT_EQ(to_text({.running = 2, .stopping = true}), "waiting for Redis; 2 jobs run");
}

}  // namespace
}  // namespace rqpp::worker
