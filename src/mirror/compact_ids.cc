#include "mirror/compact_ids.h"

#include <algorithm>

namespace rqpp::mirror {

Put CompactIds::put(Block& block, std::uint64_t hash, Entry id, std::uint8_t its_mark) {
  if (const auto there = find(block, hash, id)) {
    mark(block, *there, its_mark);
    return Put::known;
  }
  const std::uint32_t print = print_of(hash);
  const auto place = free_slot(block, buckets_of(block, hash, print));
  if (!place) return Put::full;
  fill(block, *place, slot_of(print), its_mark);
  block.count += 1;
  return Put::added;
}

bool CompactIds::erase(Block& block, std::uint64_t hash, Entry id) {
  const auto there = find(block, hash, id);
  if (!there) return false;
  free(block, *there);
  block.count -= 1;
  return true;
}

std::size_t CompactIds::sweep(Block& block, std::uint8_t its_mark) {
  std::size_t removed = 0;
  for_each_slot(block, [&](std::uint32_t slot) {
    if (is_marked(block, slot, its_mark)) return;
    free(block, slot);
    block.count -= 1;
    ++removed;
  });
  return removed;
}

bool CompactIds::fit_into_one(std::span<const Block* const> blocks, double share) {
  constexpr double kFull = 0.85;
  double ids = 0;
  for (const Block* block : blocks) ids += block->count;
  return ids <= share * kFull * Block::kMostBuckets * kSlotsPerBucket;
}

bool CompactIds::copy(const Block& from, unsigned depth, const KeyedHash&, Block& to,
                      Block* to_one) {
  bool fits = true;
  for_each_slot(from, [&](std::uint32_t there) {
    const Slot slot = slot_at(from, there);
    const std::uint32_t print = print_of(slot);
    const bool one = to_one != nullptr && (print >> (30 - depth) & 1) != 0;
    Block& target = one ? *to_one : to;
    const std::uint32_t bucket = there / kSlotsPerBucket;
    const auto place =
        free_slot(target, {bucket, other_bucket(bucket, print, Block::kMostBuckets)});
    if (!place) {
      fits = false;
      return;
    }
    fill(target, *place, slot, bits_of(from, there) & kMarkBit);
    target.count += 1;
  });
  return fits;
}

std::size_t CompactIds::bytes_of(const Block& block) {
  constexpr std::size_t kPage = 4'096;
  return std::min<std::size_t>(Block::kBytes, (block.count + 1) * kPage);
}

}  // namespace rqpp::mirror
