#include "cli/log_pattern.h"

#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

TEST(LogPattern, IsRqsWithoutFormats) { EXPECT_EQ(log_pattern("", ""), "%H:%M:%S %v"); }

TEST(LogPattern, TranslatesPythonsFields) {
  EXPECT_EQ(log_pattern("%(asctime)s [%(levelname)-8s] %(name)s %(process)d: %(message)s",
                        "%Y-%m-%d %H:%M"),
            "%Y-%m-%d %H:%M [%-8l] rqpp.worker %P: %v");
}

TEST(LogPattern, LeavesSpdlogsAsTheyAre) { EXPECT_EQ(log_pattern("[%T] %v", ""), "[%T] %v"); }

TEST(LogPattern, RefusesUnknownFieldsAndFormatsWithoutAMessage) {
  EXPECT_THROW(log_pattern("%(lineno)d %(message)s", ""), InvalidArgument);
  EXPECT_THROW(log_pattern("%(message", ""), InvalidArgument);
  EXPECT_THROW(log_pattern("%(message)", ""), InvalidArgument);
  EXPECT_THROW(log_pattern("%T", ""), InvalidArgument);
}

}  // namespace
}  // namespace rqpp::cli
