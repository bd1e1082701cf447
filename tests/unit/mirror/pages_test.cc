#include "mirror/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::mirror {
namespace {

TEST(Place, IsReadAsItIsWritten) {
  const Place place{.cursor = "18446744073709551615", .server = "8f3c"};

  EXPECT_EQ(to_text(place), "18446744073709551615@8f3c");
  EXPECT_EQ(parse_place(to_text(place)), place);
}

TEST(Place, IsNothingAtTheBeginning) {
  EXPECT_EQ(to_text(Place{}), "");
  EXPECT_EQ(parse_place(""), Place{});
}

TEST(Place, IsNothingThatNoScanGave) {
  for (const char* text :
       {"0", "17", "17@", "@8f3c", "x@8f3c", "-1@8f3c", " 1@8f3c", "184467440737095516150@8f3c"}) {
    EXPECT_THROW(parse_place(text), InvalidArgument) << text;
  }
}

}  // namespace
}  // namespace rqpp::mirror
