#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mirror/block.h"
#include "mirror/keyed_hash.h"
#include "mirror/slots.h"

namespace rqpp::mirror {

/// Ids in a block, as they are. A slot holds 15 bits of the hash, and where the text is: its length
/// in one byte, then its bytes.
struct ExactIds {
  /// An id as it is kept: one that is too long as its digest.
  struct Entry {
    static constexpr std::size_t kLongest = 254;
    static constexpr std::uint8_t kDigest = 255;  // instead of a length
    static constexpr std::size_t kDigestBytes = 64;

    std::uint8_t code = 0;
    std::string_view bytes{};

    std::uint32_t size() const { return static_cast<std::uint32_t>(bytes.size()) + 1; }
  };
  /// Calls `action(entry)` with the id as it is kept.
  template <class Action>
  static decltype(auto) with_entry(std::string_view id, const Action& action) {
    if (id.size() <= Entry::kLongest) {
      return action(Entry{static_cast<std::uint8_t>(id.size()), id});
    }
    const std::string digest = digest_of(id);
    return action(Entry{Entry::kDigest, digest});
  }

  static std::uint64_t hash_of(const KeyedHash& hash, const Entry& entry) {
    return hash(entry.bytes);
  }
  [[gnu::always_inline]] static std::optional<std::uint32_t> find(const Block& block,
                                                                  std::uint64_t hash,
                                                                  const Entry& entry) {
    return find_print(block, hash, [&](std::uint32_t there) {
      return is_at(block, value_of(block, there), entry);
    });
  }
  /// Asks the memory for what `find` looks at first, and for what it looks at then.
  static void fetch_buckets(const Block& block, std::uint64_t hash) {
    fetch(block, buckets_of(block, hash, print_of(hash)));
  }
  static void fetch_text(const Block& block, std::uint64_t hash) {
    find_print(block, hash, [&](std::uint32_t there) {
      block.fetch(value_of(block, there));
      return true;
    });
  }
  /// An id that is there is marked anew.
  static Put put(Block& block, std::uint64_t hash, const Entry& entry, std::uint8_t mark);
  static bool erase(Block& block, std::uint64_t hash, const Entry& entry);
  /// Removes what has another mark; how many these were.
  static std::size_t sweep(Block& block, std::uint8_t mark);

  /// How many buckets suit a block that will hold ids like those of these blocks.
  static std::uint32_t buckets_for(std::span<const Block* const> blocks);
  /// True if all ids of these blocks have one block to themselves with room to spare: `share` of it
  /// is taken then at most.
  static bool fit_into_one(std::span<const Block* const> blocks, double share);
  /// True if a copy of a full block would have room to spare.
  static bool worth_packing(const Block& block);
  /// Copies all ids to `to`, or by the bit at `depth` of their hashes to `to` and `to_one`. False
  /// if there is no room.
  static bool copy(const Block& from, unsigned depth, const KeyedHash& hash, Block& to,
                   Block* to_one);
  /// True if most of the texts are of ids that are gone.
  static bool mostly_gaps(const Block& block) {
    return text_end_of(block) > 2 * block.text_bytes + kPage;
  }
  static std::size_t bytes_of(const Block& block) { return block.end; }

 private:
  static constexpr std::uint32_t kPage = 4'096;

  static std::uint32_t text_end_of(const Block& block) {
    return block.end - Block::kHeader - block.buckets() * Block::kBucketBytes;
  }
  static std::string digest_of(std::string_view id);
  static std::uint32_t print_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) & 0x7FFF;
  }
  static Slot slot_of(std::uint32_t print) {
    // A tag of 0 is a free slot.
    const auto tag = static_cast<std::uint8_t>(print);
    return {.tag = tag != 0 ? tag : std::uint8_t{1}, .bits = static_cast<std::uint8_t>(print >> 8)};
  }
  /// A slot with what is kept of this hash for which `matches(slot)`.
  template <class Matches>
  [[gnu::always_inline]] static std::optional<std::uint32_t> find_print(const Block& block,
                                                                        std::uint64_t hash,
                                                                        const Matches& matches) {
    const std::uint32_t print = print_of(hash);
    const Slot slot = slot_of(print);
    return find_slot(block, buckets_of(block, hash, print), slot.tag, [&](std::uint32_t there) {
      return (bits_of(block, there) & ~kMarkBit) == slot.bits && matches(there);
    });
  }
  static bool is_at(const Block& block, std::uint32_t offset, const Entry& entry) {
    if (offset < Block::kHeader || offset + entry.size() > Block::kBytes) return false;
    return block.byte(offset) == entry.code && block.has_text(offset + 1, entry.bytes);
  }
};

}  // namespace rqpp::mirror
