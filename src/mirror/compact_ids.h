#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "mirror/block.h"
#include "mirror/keyed_hash.h"
#include "mirror/slots.h"

namespace rqpp::mirror {

/// Ids in a block, of which only 31 bits of the hash are kept, with a mark. The bits with which all
/// of a block begin tell nothing, but the bucket tells about nine: an id that is not there is taken
/// for one that is with a chance of 27 / 2^(31 - depth) at most.
struct CompactIds {
  using Entry = std::string_view;
  template <class Action>
  static decltype(auto) with_entry(std::string_view id, const Action& action) {
    return action(id);
  }

  static std::uint64_t hash_of(const KeyedHash& hash, Entry id) { return hash(id); }
  static std::optional<std::uint32_t> find(const Block& block, std::uint64_t hash, Entry) {
    const std::uint32_t print = print_of(hash);
    const Slot slot = slot_of(print);
    return find_slot(block, buckets_of(block, hash, print), slot.tag, [&](std::uint32_t there) {
      return value_of(block, there) == slot.value &&
             (bits_of(block, there) & ~kMarkBit) == slot.bits;
    });
  }
  /// Asks the memory for what `find` looks at.
  static void fetch_buckets(const Block& block, std::uint64_t hash) {
    fetch(block, buckets_of(block, hash, print_of(hash)));
  }
  static void fetch_text(const Block&, std::uint64_t) {}
  static Put put(Block& block, std::uint64_t hash, Entry id, std::uint8_t mark);
  static bool erase(Block& block, std::uint64_t hash, Entry id);
  static std::size_t sweep(Block& block, std::uint8_t mark);

  static std::uint32_t buckets_for(std::span<const Block* const>) { return Block::kMostBuckets; }
  static bool fit_into_one(std::span<const Block* const> blocks, double share);
  /// It has neither gaps nor buckets of another number.
  static bool worth_packing(const Block&) { return false; }
  /// See ExactIds. A slot keeps its bucket.
  static bool copy(const Block& from, unsigned depth, const KeyedHash& hash, Block& to,
                   Block* to_one);
  static bool mostly_gaps(const Block&) { return false; }
  static std::size_t bytes_of(const Block& block);

 private:
  /// The beginning of the hash. Its last byte is the tag of the slot, of which 0 would be a free
  /// one.
  static std::uint32_t print_of(std::uint64_t hash) {
    const auto print = static_cast<std::uint32_t>(hash >> 33);
    return (print & 0xFF) != 0 ? print : print | 1;
  }
  static Slot slot_of(std::uint32_t print) {
    return {.tag = static_cast<std::uint8_t>(print),
            .bits = static_cast<std::uint8_t>(print >> 24),
            .value = static_cast<std::uint16_t>(print >> 8)};
  }
  static std::uint32_t print_of(const Slot& slot) {
    return std::uint32_t{slot.bits} << 24 | std::uint32_t{slot.value} << 8 | slot.tag;
  }
};

}  // namespace rqpp::mirror
