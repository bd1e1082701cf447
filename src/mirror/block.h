#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace rqpp::mirror {

/// 64 KiB for ids whose hashes begin alike: buckets of slots, and what the slots point to.
///
/// One writer changes it while any number of readers look at it, even after it was taken out of use
/// and holds other ids by now. So whatever readers see is atomic, is checked against the bounds of
/// the block, and counts only if the block has still the same life when they are done.
class alignas(64) Block {
 public:
  static constexpr std::uint32_t kBytes = 65'536;
  static constexpr std::uint32_t kHeader = 64;
  static constexpr std::uint32_t kSlotsPerBucket = 16;  // one line of the cache
  static constexpr std::uint32_t kBucketBytes = kSlotsPerBucket * sizeof(std::uint32_t);
  static constexpr std::uint32_t kMostBuckets = (kBytes - kHeader) / kBucketBytes;

  std::uint64_t life() const { return life_.load(std::memory_order_acquire); }
  std::uint32_t buckets() const {
    return std::min(buckets_.load(std::memory_order_acquire), kMostBuckets);
  }
  /// `index` is below buckets() * kSlotsPerBucket. 0: the slot is free.
  std::uint32_t slot(std::uint32_t index) const {
    return std::atomic_ref(slot_at(index)).load(std::memory_order_acquire);
  }
  /// `offset` is from kHeader to kBytes - 1.
  std::uint8_t byte(std::uint32_t offset) const {
    return std::atomic_ref(byte_at(offset)).load(std::memory_order_acquire);
  }

  // For the writer. What a slot points to is written before the slot.
  void set_slot(std::uint32_t index, std::uint32_t value) {
    std::atomic_ref(slot_at(index)).store(value, std::memory_order_release);
  }
  void set_byte(std::uint32_t offset, std::uint8_t value) {
    std::atomic_ref(byte_at(offset)).store(value, std::memory_order_release);
  }
  /// Begins another life. All of its content is zero.
  void begin(std::uint32_t bucket_count, unsigned bits) {
    end_life();
    depth = bits;
    count = text_bytes = 0;
    end = kHeader + bucket_count * kBucketBytes;
    buckets_.store(bucket_count, std::memory_order_release);
  }
  void end_life() { life_.store(life() + 1, std::memory_order_release); }

  // Only the writer looks at these.
  unsigned depth = 0;            ///< How many bits at the beginning of the hashes are alike.
  std::uint32_t end = kHeader;   ///< Where the next text goes.
  std::uint32_t count = 0;       ///< Ids.
  std::uint32_t text_bytes = 0;  ///< Of their texts; the rest up to `end` is of ids that are gone.

 private:
  std::uint32_t& slot_at(std::uint32_t index) const {
    return *reinterpret_cast<std::uint32_t*>(&byte_at(kHeader + index * 4));
  }
  std::uint8_t& byte_at(std::uint32_t offset) const {
    return const_cast<std::uint8_t&>(content_[offset - kHeader]);
  }

  std::atomic<std::uint64_t> life_{0};
  std::atomic<std::uint32_t> buckets_{0};
  alignas(64) std::array<std::uint8_t, kBytes - kHeader> content_;  // zero: memory is new
};

static_assert(sizeof(Block) == Block::kBytes);

}  // namespace rqpp::mirror
