#include "mirror/block_pool.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

namespace rqpp::mirror {
namespace {

constexpr std::size_t kBlocksPerChunk = 64;
constexpr std::size_t kChunkBytes = kBlocksPerChunk * Block::kBytes;

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

}  // namespace

BlockPool::~BlockPool() {
  for (void* chunk : chunks_) ::munmap(chunk, kChunkBytes);
}

Block* BlockPool::take() {
  if (!free_.empty()) {
    Block* block = free_.back();
    free_.pop_back();
    return block;
  }
  if (unused_ == 0) map_more();
  char* place = static_cast<char*>(chunks_.back()) + (kBlocksPerChunk - unused_) * Block::kBytes;
  --unused_;
  return new (place) Block;
}

void BlockPool::give_back(Block* block) {
  block->end_life();
  // The system gets the pages that are the block's alone. The header stays: its life must not begin
  // at 0 again, or a reader that was asleep would take this block for the one that it knew.
  const auto begin = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t page = page_bytes();
  const std::uintptr_t first = (begin + Block::kHeader + page - 1) / page * page;
  const std::uintptr_t last = (begin + Block::kBytes) / page * page;
  if (first < last) {
    block->clear(Block::kHeader, static_cast<std::uint32_t>(first - begin));
    ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
    block->clear(static_cast<std::uint32_t>(last - begin), Block::kBytes);
  } else {
    block->clear(Block::kHeader, Block::kBytes);
  }
  free_.push_back(block);
}

std::size_t BlockPool::idle_bytes() const { return free_.size() * page_bytes(); }

void BlockPool::map_more() {
  chunks_.reserve(chunks_.size() + 1);
  // All blocks may be given back at once, and that must not fail.
  free_.reserve((chunks_.size() + 1) * kBlocksPerChunk);
  void* chunk =
      ::mmap(nullptr, kChunkBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (chunk == MAP_FAILED) throw std::bad_alloc();
  // A huge page would take the memory of unused ends as well.
  ::madvise(chunk, kChunkBytes, MADV_NOHUGEPAGE);
  chunks_.push_back(chunk);
  unused_ = kBlocksPerChunk;
}

}  // namespace rqpp::mirror
