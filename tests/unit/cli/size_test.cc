#include "cli/size.h"

#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

TEST(ParseSize, TakesBytesAndUnits) {
  EXPECT_EQ(parse_size("0"), 0);
  EXPECT_EQ(parse_size("1000b"), 1000);
  EXPECT_EQ(parse_size("64k"), 64 << 10);
  EXPECT_EQ(parse_size("256M"), 256 << 20);
  EXPECT_EQ(parse_size("2GiB"), std::int64_t{2} << 30);
  EXPECT_EQ(parse_size("1TB"), std::int64_t{1} << 40);
}

TEST(ParseSize, RefusesOthers) {
  for (const char* text :
       {"", "M", "-1", "1.5G", "1X", "1MX", "1 M", "99999999999999999999", "9999999999T", "1M "}) {
    EXPECT_THROW(parse_size(text), InvalidArgument) << text;
  }
}

}  // namespace
}  // namespace rqpp::cli
