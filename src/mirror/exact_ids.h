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

/// Ids in a block, as they are. A slot is a mark, 15 bits of the hash, and where the text is: its
/// length in one byte, then its bytes.
struct ExactIds {
  /// An id as it is kept.
  struct Entry {
    static constexpr std::size_t kLongest = 254;
    static constexpr std::uint8_t kDigest = 255;  // instead of a length
    static constexpr std::size_t kDigestBytes = 64;

    explicit Entry(std::string_view id);
    Entry(std::uint8_t length, std::string_view text) : code(length), bytes(text) {}
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    std::uint32_t size() const { return static_cast<std::uint32_t>(bytes.size()) + 1; }

    std::uint8_t code;
    std::string digest{};    // of an id that is too long
    std::string_view bytes;  // of the id, or of `digest`
  };

  static std::uint64_t hash_of(const KeyedHash& hash, const Entry& entry) {
    return hash(entry.bytes);
  }
  static std::optional<std::uint32_t> find(const Block& block, std::uint64_t hash,
                                           const Entry& entry) {
    const std::uint32_t print = print_of(hash);
    return find_slot(block, buckets_of(block, hash, print), [&](std::uint32_t slot) {
      return (slot & ~kMark) >> 16 == print && is_at(block, slot & 0xFFFF, entry);
    });
  }
  /// An id that is there is marked anew.
  static Put put(Block& block, std::uint64_t hash, const Entry& entry, std::uint32_t mark);
  static bool erase(Block& block, std::uint64_t hash, const Entry& entry);
  /// Removes what has another mark; how many these were.
  static std::size_t sweep(Block& block, std::uint32_t mark);

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
  static std::uint32_t print_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) & 0x7FFF;
  }
  static bool is_at(const Block& block, std::uint32_t offset, const Entry& entry) {
    if (offset < Block::kHeader || offset + entry.size() > Block::kBytes) return false;
    if (block.byte(offset) != entry.code) return false;
    for (const char each : entry.bytes) {
      if (block.byte(++offset) != static_cast<std::uint8_t>(each)) return false;
    }
    return true;
  }
};

}  // namespace rqpp::mirror
