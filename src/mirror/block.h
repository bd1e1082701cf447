#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace rqpp::mirror {

/// 64 KiB for ids whose hashes begin alike: buckets (slots.h), and texts behind them.
///
/// One writer changes it while any number of readers look at it, even after it was taken out of use
/// and holds other ids by now. So all that readers see is made of words that are read and written
/// whole, what they find is checked against the bounds of the block, and it counts only if the
/// block has still the same life when they are done.
// What is in the words is not written by a constructor: memory from the system is zero, and a page
// of it costs nothing until it is written.
class alignas(64) Block {  // NOLINT(cppcoreguidelines-pro-type-member-init)
 public:
  static constexpr std::uint32_t kBytes = 65'536;
  static constexpr std::uint32_t kHeader = 64;
  static constexpr std::uint32_t kWordBytes = 8;
  static constexpr std::uint32_t kBucketWords = 8;  // one line of the cache
  static constexpr std::uint32_t kBucketBytes = kBucketWords * kWordBytes;
  static constexpr std::uint32_t kMostBuckets = (kBytes - kHeader) / kBucketBytes;

  std::uint64_t life() const { return life_.load(std::memory_order_acquire); }
  std::uint32_t buckets() const {
    return std::min(buckets_.load(std::memory_order_acquire), kMostBuckets);
  }
  /// The word at `offset`, a multiple of 8 from kHeader to kBytes - 8.
  std::uint64_t word(std::uint32_t offset) const {
    return std::atomic_ref(at(offset)).load(std::memory_order_acquire);
  }
  /// One byte, from kHeader on.
  std::uint8_t byte(std::uint32_t offset) const {
    return static_cast<std::uint8_t>(word(offset & ~7U) >> (offset & 7U) * 8);
  }
  /// True if these bytes are at `offset`, from kHeader on; all of them are within the block.
  bool has_text(std::uint32_t offset, std::string_view text) const;

  // For the writer. Whoever sees what was written last sees all that was written before.
  void set_word(std::uint32_t offset, std::uint64_t value) {
    std::atomic_ref(at(offset)).store(value, std::memory_order_release);
  }
  void set_byte(std::uint32_t offset, std::uint8_t value) {
    const std::uint32_t shift = (offset & 7U) * 8;
    const std::uint64_t others = word(offset & ~7U) & ~(std::uint64_t{0xFF} << shift);
    set_word(offset & ~7U, others | std::uint64_t{value} << shift);
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
  std::uint64_t& at(std::uint32_t offset) const {
    return const_cast<std::uint64_t&>(words_[(offset - kHeader) / kWordBytes]);
  }
  /// Eight bytes at any offset, the first one lowest.
  std::uint64_t eight(std::uint32_t offset) const {
    const std::uint32_t shift = (offset & 7U) * 8;
    const std::uint64_t low = word(offset & ~7U);
    return shift == 0 ? low : low >> shift | word((offset & ~7U) + 8) << (64 - shift);
  }
  static std::uint64_t eight_of(const char* text) {
    std::uint64_t value = 0;
    std::memcpy(&value, text, sizeof value);
    return std::endian::native == std::endian::little ? value : __builtin_bswap64(value);
  }

  std::atomic<std::uint64_t> life_{0};
  std::atomic<std::uint32_t> buckets_{0};
  alignas(64) std::array<std::uint64_t, (kBytes - kHeader) / kWordBytes> words_;
};

static_assert(sizeof(Block) == Block::kBytes);

inline bool Block::has_text(std::uint32_t offset, std::string_view text) const {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    if (eight(offset + static_cast<std::uint32_t>(i)) != eight_of(text.data() + i)) return false;
  }
  if (i == text.size()) return true;
  if (text.size() >= 8) {  // once more some that are known
    i = text.size() - 8;
    return eight(offset + static_cast<std::uint32_t>(i)) == eight_of(text.data() + i);
  }
  for (; i < text.size(); ++i) {
    if (byte(offset + static_cast<std::uint32_t>(i)) != static_cast<std::uint8_t>(text[i]))
      return false;
  }
  return true;
}

}  // namespace rqpp::mirror
