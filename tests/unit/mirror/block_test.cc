#include "mirror/block.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <new>
#include <string>

#include <gtest/gtest.h>

namespace rqpp::mirror {
namespace {

/// A block behind which the memory ends.
class BlockAtTheEnd : public testing::Test {
 protected:
  BlockAtTheEnd()
      : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))),
        bytes_((Block::kBytes + page_ - 1) / page_ * page_),
        memory_(::mmap(nullptr, bytes_ + page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0)),
        block(new (static_cast<char*>(memory_) + bytes_ - Block::kBytes) Block) {
    ::mprotect(static_cast<char*>(memory_) + bytes_, page_, PROT_NONE);
  }
  ~BlockAtTheEnd() override { ::munmap(memory_, bytes_ + page_); }

  void write(std::uint32_t offset, const std::string& text) const {
    for (const char each : text) block->set_byte(offset++, static_cast<std::uint8_t>(each));
  }

  std::size_t page_;
  std::size_t bytes_;
  void* memory_;
  Block* block;
};

TEST_F(BlockAtTheEnd, HasTextsUpToItsLastByte) {
  for (std::uint32_t size = 0; size <= 24; ++size) {
    const std::string text = std::string("abcdefghijklmnopqrstuvwxyz").substr(0, size);
    write(Block::kBytes - size, text);

    EXPECT_TRUE(block->has_text(Block::kBytes - size, text)) << size;
    if (size == 0) continue;
    EXPECT_FALSE(block->has_text(Block::kBytes - size, text.substr(1) + "!")) << size;
  }
}

TEST_F(BlockAtTheEnd, HasTextsAtAnyOffset) {
  const std::string text = "twenty bytes and more";
  for (std::uint32_t offset = Block::kHeader; offset < Block::kHeader + 9; ++offset) {
    write(offset, text);
    for (std::size_t size = 0; size <= text.size(); ++size) {
      EXPECT_TRUE(block->has_text(offset, text.substr(0, size))) << offset << ' ' << size;
      if (size == 0) continue;
      std::string other = text.substr(0, size);
      other.back() ^= 1;
      EXPECT_FALSE(block->has_text(offset, other)) << offset << ' ' << size;
    }
  }
}

}  // namespace
}  // namespace rqpp::mirror
