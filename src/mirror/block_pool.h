#pragma once

#include <cstddef>
#include <vector>

#include "mirror/block.h"

namespace rqpp::mirror {

/// Blocks that are never unmapped as long as the pool lives: whoever looks at one that was given
/// back sees other content, but no hole. Of those, and of the unused end of each block, the system
/// has the memory.
class BlockPool {
 public:
  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();

  /// A block whose content is zero. Throws std::bad_alloc.
  Block* take();
  void give_back(Block* block);
  /// What those take that nobody uses.
  std::size_t idle_bytes() const;

 private:
  void map_more();

  std::vector<void*> chunks_{};
  std::vector<Block*> free_{};
  std::size_t unused_ = 0;  // blocks at the end of the last chunk
};

}  // namespace rqpp::mirror
