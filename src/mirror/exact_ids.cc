#include "mirror/exact_ids.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "codec/sha256.h"

namespace rqpp::mirror {
namespace {

// Beyond this, some id finds both its buckets full.
constexpr double kFullest = 0.85;
constexpr double kSlotBytes = 4 / kFullest;
// What a text takes before anything is known.
constexpr double kUsualText = 20;

struct Content {
  double ids = 0;
  double text_bytes = 0;

  double text() const { return ids > 0 ? text_bytes / ids : kUsualText; }
  /// How many such ids a block can hold.
  double capacity() const { return (Block::kBytes - Block::kHeader) / (text() + kSlotBytes); }
};

Content content_of(std::span<const Block* const> blocks) {
  Content all;
  for (const Block* block : blocks) {
    all.ids += block->count;
    all.text_bytes += block->text_bytes;
  }
  return all;
}

std::uint32_t text_size(std::uint8_t code) {
  return code == ExactIds::Entry::kDigest ? ExactIds::Entry::kDigestBytes : code;
}

}  // namespace

std::string ExactIds::digest_of(std::string_view id) { return codec::sha256_hex(id); }

Put ExactIds::put(Block& block, std::uint64_t hash, const Entry& entry, std::uint8_t its_mark) {
  if (const auto there = find(block, hash, entry)) {
    mark(block, *there, its_mark);
    return Put::known;
  }
  const std::uint32_t print = print_of(hash);
  const auto place = free_slot(block, buckets_of(block, hash, print));
  if (!place || block.end + entry.size() > Block::kBytes) return Put::full;
  Slot slot = slot_of(print);
  slot.value = static_cast<std::uint16_t>(block.end);
  block.set_byte(block.end++, entry.code);
  for (const char each : entry.bytes) block.set_byte(block.end++, static_cast<std::uint8_t>(each));
  fill(block, *place, slot, its_mark);
  block.count += 1;
  block.text_bytes += entry.size();
  return Put::added;
}

bool ExactIds::erase(Block& block, std::uint64_t hash, const Entry& entry) {
  const auto there = find(block, hash, entry);
  if (!there) return false;
  free(block, *there);
  block.count -= 1;
  block.text_bytes -= entry.size();
  return true;
}

std::size_t ExactIds::sweep(Block& block, std::uint8_t its_mark) {
  std::size_t removed = 0;
  for_each_slot(block, [&](std::uint32_t slot) {
    if (is_marked(block, slot, its_mark)) return;
    free(block, slot);
    block.count -= 1;
    block.text_bytes -= 1 + text_size(block.byte(value_of(block, slot)));
    ++removed;
  });
  return removed;
}

std::uint32_t ExactIds::buckets_for(std::span<const Block* const> blocks) {
  const double slots = content_of(blocks).capacity() / kFullest;
  const double buckets = std::ceil(slots / kSlotsPerBucket);
  return std::clamp(static_cast<std::uint32_t>(buckets), 1U, Block::kMostBuckets);
}

bool ExactIds::fit_into_one(std::span<const Block* const> blocks, double share) {
  const Content all = content_of(blocks);
  return all.ids <= share * all.capacity();
}

bool ExactIds::worth_packing(const Block& block) {
  const std::array<const Block*, 1> only{&block};
  const std::uint32_t texts = text_end_of(block);
  const bool has_gaps = texts - block.text_bytes > texts / 8;
  return fit_into_one(only, 0.8) && (has_gaps || buckets_for(only) != block.buckets());
}

bool ExactIds::copy(const Block& from, unsigned depth, const KeyedHash& hash, Block& to,
                    Block* to_one) {
  bool fits = true;
  for_each_slot(from, [&](std::uint32_t slot) {
    std::uint32_t offset = value_of(from, slot);
    const std::uint8_t code = from.byte(offset);
    std::array<char, Entry::kLongest> room{};
    const std::uint32_t size = text_size(code);
    for (std::uint32_t i = 0; i < size; ++i) room[i] = static_cast<char>(from.byte(++offset));
    const Entry entry{code, std::string_view(room.data(), size)};
    const std::uint64_t its_hash = hash_of(hash, entry);
    const bool one = to_one != nullptr && (its_hash >> (63 - depth) & 1) != 0;
    if (put(one ? *to_one : to, its_hash, entry, bits_of(from, slot) & kMarkBit) != Put::added)
      fits = false;
  });
  return fits;
}

}  // namespace rqpp::mirror
