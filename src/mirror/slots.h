#pragma once

#include <cstdint>
#include <optional>

#include "mirror/block.h"

// Each id has two buckets of its block, and is in the one that had more room. So buckets fill up
// evenly, up to nine tenths and more, and nothing is ever moved under the eyes of a reader.
namespace rqpp::mirror {

inline constexpr std::uint32_t kMark = 0x8000'0000U;

/// What became of an id that was put into a block.
enum class Put : std::uint8_t { known, added, full };

struct Buckets {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
};

/// `share` of 2^32, of so many buckets.
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

/// The slot that matches.
template <class Matches>
std::optional<std::uint32_t> find_slot(const Block& block, Buckets where, const Matches& matches) {
  for (const std::uint32_t bucket : {where.first, where.second}) {
    const std::uint32_t begin = bucket * Block::kSlotsPerBucket;
    for (std::uint32_t i = begin; i < begin + Block::kSlotsPerBucket; ++i) {
      if (matches(block.slot(i))) return i;
    }
  }
  return std::nullopt;
}

/// A free slot, if there is one, in the emptier bucket.
std::optional<std::uint32_t> free_slot(const Block& block, Buckets where);

/// Does it for each slot in use, by its number and value.
template <class Action>
void for_each_slot(const Block& block, const Action& action) {
  const std::uint32_t slots = block.buckets() * Block::kSlotsPerBucket;
  for (std::uint32_t i = 0; i < slots; ++i) {
    if (const std::uint32_t value = block.slot(i)) action(i, value);
  }
}

/// Gives all of them this mark.
void mark_all(Block& block, std::uint32_t mark);

}  // namespace rqpp::mirror
