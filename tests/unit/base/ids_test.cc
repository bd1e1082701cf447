#include "base/ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace rqpp::base {
namespace {

using testing::MatchesRegex;

constexpr const char* kUuid4 = "[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}";

TEST(NewUuid, IsARandomOneOfVersion4) {
  EXPECT_THAT(new_uuid_hex(), MatchesRegex(kUuid4));
  EXPECT_NE(new_uuid_hex(), new_uuid_hex());
}

TEST(UuidSource, NeverRepeatsItself) {
  UuidSource source;
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string uuid = source.next();
    ASSERT_THAT(uuid, MatchesRegex(kUuid4));
    ASSERT_TRUE(seen.insert(uuid).second) << uuid;
  }
}

}  // namespace
}  // namespace rqpp::base
