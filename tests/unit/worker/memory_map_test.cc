#include "worker/memory_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kMaps =
    "55d0-55e0 r--p 00000000 fe:01 12    /opt/a b.so\n"
    "55e0-5600 r-xp 00000010 fe:01 12    /opt/a b.so\n"
    "7f00-7f10 rw-p 00000000 00:00 0     [heap]\n"
    "7f20-7f30 rw-p 00000000 00:00 0\n"
    "7f40-7f50 r--p 00000000 fe:01 13    /opt/c.so (deleted)\n";

TEST(ParseMaps, KeepsTheLinesOfFiles) {
  EXPECT_THAT(parse_maps(kMaps), ElementsAre(Mapping{0x55d0, 0x55e0, 0, "/opt/a b.so"},
                                             Mapping{0x55e0, 0x5600, 0x10, "/opt/a b.so"},
                                             Mapping{0x7f40, 0x7f50, 0, "/opt/c.so (deleted)"}));
}

TEST(ParseMaps, LeavesOutWhatIsDamaged) {
  for (const char* text :
       {"", "\n", "x", "1-2", "2-1 r 0 0 0 /a", "1-1 r 0 0 0 /a", "g-h r 0 0 0 /a",
        "12 r-xp 0 0 0 /a", "1-2 r-xp zz 0 0 /a", "11111111111111111-2 r 0 0 0 /a"}) {
    EXPECT_THAT(parse_maps(text), IsEmpty()) << text;
  }
}

TEST(MemoryMap, FindsWhatLiesAtAnAddress) {
  const auto mappings = parse_maps(kMaps);

  EXPECT_EQ(mapping_at(mappings, 0x55e0), &mappings[1]);
  EXPECT_EQ(mapping_at(mappings, 0x55df), &mappings[0]);
  EXPECT_EQ(mapping_at(mappings, 0x5600), nullptr);
}

TEST(MemoryMap, PutsTheMappingsOfAFileTogether) {
  const auto mappings = parse_maps("30-40 r 20 0 0 /a\n20-30 r 0 0 0 /b\n10-20 r 0 0 0 /a\n");

  EXPECT_THAT(image_of(mappings, "/a"),
              ElementsAre(Mapping{0x10, 0x20, 0, "/a"}, Mapping{0x30, 0x40, 0x20, "/a"}));
}

}  // namespace
}  // namespace rqpp::worker
