#pragma once

#include <bit>
#include <cstdint>
#include <optional>

#include "mirror/block.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// A block begins with buckets of sixteen slots. Each id has two buckets, and is in the one that had
// more room: so they fill up evenly, up to nine tenths and more, and nothing is ever moved under
// the eyes of a reader.
//
// A bucket is eight words: sixteen tags of a byte each, of which 0 is a free slot; sixteen values
// of two bytes; sixteen of one byte, seven bits and a mark. A tag is written last, and removed
// first.
namespace rqpp::mirror {

inline constexpr std::uint32_t kSlotsPerBucket = 16;
inline constexpr std::uint8_t kMarkBit = 0x80;

/// What a slot holds.
struct Slot {
  std::uint8_t tag = 0;   ///< Not 0.
  std::uint8_t bits = 0;  ///< Seven of them.
  std::uint16_t value = 0;
};

/// What became of an id that was put into a block.
enum class Put : std::uint8_t { known, added, full };

struct Buckets {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
};

/// Of so many buckets, one by a number between 0 and 2^32.
inline std::uint32_t scaled(std::uint32_t share, std::uint32_t buckets) {
  return static_cast<std::uint32_t>((std::uint64_t{share} * buckets) >> 32);
}

/// Of one bucket the other one, of which this is the other one in turn. `print` is what the slot
/// holds of the hash.
inline std::uint32_t other_bucket(std::uint32_t bucket, std::uint32_t print,
                                  std::uint32_t buckets) {
  const std::uint32_t sum = scaled(print * 0x9E37'79B1U, buckets);
  return sum >= bucket ? sum - bucket : sum + buckets - bucket;
}

inline Buckets buckets_of(const Block& block, std::uint64_t hash, std::uint32_t print) {
  const std::uint32_t buckets = block.buckets();
  const std::uint32_t first = scaled(static_cast<std::uint32_t>(hash), buckets);
  return {first, other_bucket(first, print, buckets)};
}

/// Where the parts of a slot are in a block. Slots are counted through all buckets.
struct SlotPlace {
  explicit SlotPlace(std::uint32_t slot)
      : bucket(Block::kHeader + slot / kSlotsPerBucket * Block::kBucketBytes),
        number(slot % kSlotsPerBucket) {}

  std::uint32_t tag() const { return bucket + number; }
  std::uint32_t value() const { return bucket + 16 + number / 4 * 8; }  // the word with it
  std::uint32_t value_shift() const { return number % 4 * 16; }
  std::uint32_t bits() const { return bucket + 48 + number; }

  std::uint32_t bucket;
  std::uint32_t number;
};

inline std::uint16_t value_of(const Block& block, std::uint32_t slot) {
  const SlotPlace place(slot);
  return static_cast<std::uint16_t>(block.word(place.value()) >> place.value_shift());
}
inline std::uint8_t bits_of(const Block& block, std::uint32_t slot) {
  return block.byte(SlotPlace(slot).bits());  // and the mark
}

/// Which of sixteen tags are this one, a bit each.
inline std::uint32_t tags_that_are(std::uint8_t tag, std::uint64_t low, std::uint64_t high) {
#ifdef __SSE2__
  const __m128i tags = _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
  const __m128i same = _mm_cmpeq_epi8(tags, _mm_set1_epi8(static_cast<char>(tag)));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(same));
#else
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101U;
  constexpr std::uint64_t kLows = 0x7F * kOnes;
  constexpr std::uint64_t kToOneByte = 0x0102'0408'1020'4080U;  // the lowest bits of all bytes
  const auto eight = [tag](std::uint64_t tags) {
    const std::uint64_t differs = tags ^ (kOnes * tag);
    const std::uint64_t same = ~(((differs & kLows) + kLows) | differs | kLows);
    return static_cast<std::uint32_t>((same >> 7) * kToOneByte >> 56);
  };
  return eight(low) | eight(high) << 8;
#endif
}

inline std::uint32_t slots_with(std::uint8_t tag, const Block& block, std::uint32_t bucket) {
  const std::uint32_t begin = Block::kHeader + bucket * Block::kBucketBytes;
  return tags_that_are(tag, block.word(begin), block.word(begin + 8));
}

/// The first slot with this tag for which `matches(slot)`. Both buckets are looked at together:
/// nobody can foretell in which one an id is, the processor included.
template <class Matches>
[[gnu::always_inline]] inline std::optional<std::uint32_t> find_slot(const Block& block,
                                                                     Buckets where,
                                                                     std::uint8_t tag,
                                                                     const Matches& matches) {
  std::uint32_t same = slots_with(tag, block, where.first) | slots_with(tag, block, where.second)
                                                                 << kSlotsPerBucket;
  for (; same != 0; same &= same - 1) {
    const auto number = static_cast<std::uint32_t>(std::countr_zero(same));
    const std::uint32_t bucket = number < kSlotsPerBucket ? where.first : where.second;
    const std::uint32_t slot = bucket * kSlotsPerBucket + number % kSlotsPerBucket;
    if (matches(slot)) return slot;
  }
  return std::nullopt;
}

/// Asks the memory for both.
inline void fetch(const Block& block, Buckets where) {
  block.fetch(Block::kHeader + where.first * Block::kBucketBytes);
  block.fetch(Block::kHeader + where.second * Block::kBucketBytes);
}

/// Does it for each slot in use.
template <class Action>
void for_each_slot(const Block& block, const Action& action) {
  const std::uint32_t slots = block.buckets() * kSlotsPerBucket;
  for (std::uint32_t i = 0; i < slots; ++i) {
    if (block.byte(SlotPlace(i).tag()) != 0) action(i);
  }
}

// For the writer.

/// A free slot, if there is one, in the emptier bucket.
std::optional<std::uint32_t> free_slot(const Block& block, Buckets where);
Slot slot_at(const Block& block, std::uint32_t slot);
bool is_marked(const Block& block, std::uint32_t slot, std::uint8_t mark);
/// Fills a slot that is free.
void fill(Block& block, std::uint32_t slot, const Slot& content, std::uint8_t mark);
void free(Block& block, std::uint32_t slot);
void mark(Block& block, std::uint32_t slot, std::uint8_t mark);
/// Marks all that are in use.
void mark_all(Block& block, std::uint8_t mark);

}  // namespace rqpp::mirror
