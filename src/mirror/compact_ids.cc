#include "mirror/compact_ids.h"

namespace rqpp::mirror {

Put CompactIds::put(Block& block, std::uint64_t hash, Entry id, std::uint32_t mark) {
  const std::uint32_t print = print_of(hash);
  if (const auto there = find(block, hash, id)) {
    block.set_slot(*there, mark | print);
    return Put::known;
  }
  const auto slot = free_slot(block, buckets_of(block, hash, print));
  if (!slot) return Put::full;
  block.set_slot(*slot, mark | print);
  block.count += 1;
  return Put::added;
}

bool CompactIds::erase(Block& block, std::uint64_t hash, Entry id) {
  const auto there = find(block, hash, id);
  if (!there) return false;
  block.set_slot(*there, 0);
  block.count -= 1;
  return true;
}

std::size_t CompactIds::sweep(Block& block, std::uint32_t mark) {
  std::size_t removed = 0;
  for_each_slot(block, [&](std::uint32_t index, std::uint32_t slot) {
    if ((slot & kMark) == mark) return;
    block.set_slot(index, 0);
    block.count -= 1;
    ++removed;
  });
  return removed;
}

bool CompactIds::fit_into_one(std::span<const Block* const> blocks, double share) {
  constexpr double kFull = 0.85;
  double ids = 0;
  for (const Block* block : blocks) ids += block->count;
  return ids <= share * kFull * Block::kMostBuckets * Block::kSlotsPerBucket;
}

bool CompactIds::copy(const Block& from, unsigned depth, const KeyedHash&, Block& to,
                      Block* to_one) {
  bool fits = true;
  for_each_slot(from, [&](std::uint32_t index, std::uint32_t value) {
    const std::uint32_t print = value & ~kMark;
    const bool one = to_one != nullptr && (print >> (30 - depth) & 1) != 0;
    Block& target = one ? *to_one : to;
    const std::uint32_t bucket = index / Block::kSlotsPerBucket;
    const auto slot = free_slot(target, {bucket, other_bucket(bucket, print, Block::kMostBuckets)});
    if (!slot) {
      fits = false;
      return;
    }
    target.set_slot(*slot, value);
    target.count += 1;
  });
  return fits;
}

std::size_t CompactIds::bytes_of(const Block& block) {
  constexpr std::size_t kPage = 4'096;
  return std::min<std::size_t>(Block::kBytes, (block.count + 1) * kPage);
}

}  // namespace rqpp::mirror
