#include "mirror/source.h"

#include <gtest/gtest.h>

namespace rqpp::mirror {
namespace {

using Kind = redis::ScanTarget::Kind;

TEST(Source, IsReadByTheCommandOfItsType) {
  EXPECT_EQ(redis::to_text(redis::scan_page(Source{Kind::set, "s"}.target(), "7")),
            "\nSSCAN s 7 COUNT 100\n");
  EXPECT_EQ(redis::to_text(redis::scan_page(Source{Kind::hash, "h"}.target(), "0")),
            "\nHSCAN h 0 COUNT 100\n");
  EXPECT_EQ(redis::to_text(redis::scan_page(Source{Kind::keys, "a*[b]?"}.target(), "0")),
            "\nSCAN 0 MATCH a\\*\\[b]\\?* COUNT 100\n");
}

TEST(Source, NamesItsChannels) {
  EXPECT_EQ((Source{Kind::set, "u*"}).notifications(3), "__keyspace@3__:u*");
  EXPECT_EQ((Source{Kind::keys, "u*"}).notifications(0), "__keyspace@0__:u\\**");
}

TEST(Source, KnowsWhichNotificationsTellOfEveryChange) {
  const Source set{Kind::set, "s"};
  const Source keys{Kind::keys, "k:"};

  EXPECT_FALSE(set.is_told_by(""));
  EXPECT_FALSE(set.is_told_by("A"));
  EXPECT_FALSE(set.is_told_by("Ks"));
  EXPECT_FALSE(set.is_told_by("Kghxe"));
  EXPECT_TRUE(set.is_told_by("AK"));
  EXPECT_TRUE(set.is_told_by("gsxeK"));
  EXPECT_FALSE(keys.is_told_by("gsxeK"));
  EXPECT_TRUE(keys.is_told_by("g$lshztxeK"));
}

TEST(Source, IsNamedInMessages) {
  EXPECT_EQ(to_text(Source{Kind::sorted_set, "board"}), "the sorted set 'board'");
  EXPECT_EQ(to_text(Source{Kind::keys, "k:"}), "the keys that begin with 'k:'");
}

}  // namespace
}  // namespace rqpp::mirror
