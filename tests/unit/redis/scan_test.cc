#include "redis/scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/replies.h"

#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

using test::array;
using test::number;
using test::text;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = ScanTarget::Kind;

TEST(ScanPage, IsOneCommand) {
  EXPECT_EQ(to_text(scan_page({.match = "a*", .type = "hash", .count = 10}, "0")),
            "\nSCAN 0 MATCH a* COUNT 10 TYPE hash\n");
  EXPECT_EQ(to_text(scan_page({.kind = Kind::sorted_set, .key = "z"}, "17")),
            "\nZSCAN z 17 COUNT 100\n");
}

TEST(ScanPage, IsACursorAndElements) {
  const ScanPage page =
      read_scan_page(Kind::hash, array({text("17"), array({text("f"), text("v")})}));

  EXPECT_EQ(page.cursor, "17");
  EXPECT_FALSE(page.last());
  EXPECT_THAT(page.elements, ElementsAre("f", "v"));
}

TEST(ScanPage, MayBeEmptyAndTheLast) {
  const ScanPage page = read_scan_page(Kind::set, array({text("0"), array({})}));

  EXPECT_TRUE(page.last());
  EXPECT_THAT(page.elements, IsEmpty());
}

TEST(ScanPage, IsNothingElse) {
  const std::vector<Reply> hostile{
      {},
      text("0"),
      array({}),
      array({text("0")}),
      array({text("0"), text("a")}),
      array({text("0"), array({}), array({})}),
      array({number(0), array({})}),
      array({text(""), array({})}),
      array({text("-1"), array({})}),
      array({text("1 2"), array({})}),
      array({text("111111111111111111111"), array({})}),
      array({text("0"), array({number(1)})}),
      array({text("0"), array({array({text("a")})})}),
      array({text("0"), array({Reply{}})}),
  };
  for (const Reply& each : hostile) EXPECT_THROW(read_scan_page(Kind::set, each), DecodeError);
  EXPECT_THROW(read_scan_page(Kind::hash, array({text("0"), array({text("f")})})), DecodeError);
}

TEST(PatternOfPrefix, FitsThePrefixAsItIs) {
  EXPECT_EQ(pattern_of_prefix(""), "*");
  EXPECT_EQ(pattern_of_prefix("a:b"), "a:b*");
  EXPECT_EQ(pattern_of_prefix("a*?[x]\\"), "a\\*\\?\\[x]\\\\*");
}

}  // namespace
}  // namespace rqpp::redis
