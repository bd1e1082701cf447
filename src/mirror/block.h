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

/// Nearly 64 KiB for ids whose hashes begin alike: buckets (slots.h), and texts behind them. One
/// line of the processor's cache less than that, so that of blocks side by side the headers, which
/// every reader looks at, do not contend for the same few places of the cache.
///
/// One writer changes it while any number of readers look at it, even after it was taken out of use
/// and holds other ids by now. So all that readers see is made of words that are read and written
/// whole, what they find is checked against the bounds of the block, and it counts only if the
/// block has still the same life when they are done.
// What is in the words is not written by a constructor: memory from the system is zero, and a page
// of it costs nothing until it is written.
class alignas(64) Block {  // NOLINT(cppcoreguidelines-pro-type-member-init)
 public:
  static constexpr std::uint32_t kBytes = 65'536 - 64;
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
  /// Asks the memory for what is at `offset`, and waits for nothing.
  void fetch(std::uint32_t offset) const { __builtin_prefetch(place(offset)); }
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
  /// Makes the words of [from, to) zero.
  void clear(std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t at = from; at < to; at += kWordBytes) set_word(at, 0);
  }
  void end_life() { life_.store(life() + 1, std::memory_order_release); }

  // Only the writer looks at these.
  unsigned depth = 0;            ///< How many bits at the beginning of the hashes are alike.
  std::uint32_t end = kHeader;   ///< Where the next text goes.
  std::uint32_t count = 0;       ///< Ids.
  std::uint32_t text_bytes = 0;  ///< Of their texts; the rest up to `end` is of ids that are gone.

 private:
  std::uint64_t& at(std::uint32_t offset) const {
    return *const_cast<std::uint64_t*>(reinterpret_cast<const std::uint64_t*>(place(offset)));
  }
  const char* place(std::uint32_t offset) const {
    return reinterpret_cast<const char*>(words_.data()) + (std::ptrdiff_t{offset} - kHeader);
  }
  /// The word behind this one, and behind the last one any.
  std::uint64_t word_after(std::uint32_t offset) const {
    return word(std::min(offset + kWordBytes, kBytes - kWordBytes));
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
  if (text.empty()) return true;  // it may be behind the last word
  const std::uint32_t shift = (offset & 7U) * 8;
  std::uint32_t at = offset & ~7U;
  std::uint64_t low = word(at);
  // Eight bytes of the text, which begin in one word and may end in the next.
  const auto next_eight = [&] {
    const std::uint64_t high = word_after(at);
    const std::uint64_t eight = low >> shift | high << 1 << (63 - shift);
    low = high;
    at += kWordBytes;
    return eight;
  };
  for (; text.size() >= kWordBytes; text.remove_prefix(kWordBytes)) {
    if (next_eight() != eight_of(text.data())) return false;
  }
  if (text.empty()) return true;
  const std::uint64_t last = next_eight();
  std::uint64_t wanted = 0;
  for (std::size_t i = text.size(); i > 0; --i) {
    wanted = wanted << 8 | static_cast<unsigned char>(text[i - 1]);
  }
  return (last ^ wanted) << (64 - 8 * text.size()) == 0;
}

}  // namespace rqpp::mirror
