#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "mirror/block.h"

namespace rqpp::mirror {

/// Which block has the hashes that begin with some bits. Several places may name one block.
class Directory {
 public:
  /// Above this, hashes are no longer by chance.
  static constexpr unsigned kMostBits = 28;

  explicit Directory(unsigned bits)
      : bits_(bits), places_(std::make_unique<std::atomic<Block*>[]>(std::size_t{1} << bits)) {}

  unsigned bits() const { return bits_; }
  std::size_t size() const { return std::size_t{1} << bits_; }
  std::size_t bytes() const { return size() * sizeof(std::atomic<Block*>); }
  std::size_t index_of(std::uint64_t hash) const { return hash >> 1 >> (63 - bits_); }
  std::atomic<Block*>& at(std::size_t index) { return places_[index]; }
  const std::atomic<Block*>& at(std::size_t index) const { return places_[index]; }

  Block* block(std::size_t index) const { return places_[index].load(std::memory_order_relaxed); }
  /// How many places a block of this depth has, and where they begin.
  std::size_t span_of(unsigned depth) const { return std::size_t{1} << (bits_ - depth); }
  std::size_t first_of(std::size_t index, unsigned depth) const {
    return index & ~(span_of(depth) - 1);
  }
  void set(std::size_t first, std::size_t count, Block* block) {
    for (std::size_t i = first; i < first + count; ++i) {
      places_[i].store(block, std::memory_order_release);
    }
  }

 private:
  unsigned bits_;
  std::unique_ptr<std::atomic<Block*>[]> places_;
};

}  // namespace rqpp::mirror
