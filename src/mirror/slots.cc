#include "mirror/slots.h"

namespace rqpp::mirror {
namespace {

struct Room {
  std::uint32_t slots = 0;
  std::uint32_t first = 0;  // that is free
};

Room room_in(const Block& block, std::uint32_t bucket) {
  Room room;
  const std::uint32_t begin = bucket * Block::kSlotsPerBucket;
  for (std::uint32_t i = begin; i < begin + Block::kSlotsPerBucket; ++i) {
    if (block.slot(i) != 0) continue;
    if (room.slots++ == 0) room.first = i;
  }
  return room;
}

}  // namespace

std::optional<std::uint32_t> free_slot(const Block& block, Buckets where) {
  const Room first = room_in(block, where.first);
  const Room second = room_in(block, where.second);
  const Room& more = first.slots >= second.slots ? first : second;
  if (more.slots == 0) return std::nullopt;
  return more.first;
}

void mark_all(Block& block, std::uint32_t mark) {
  for_each_slot(block, [&](std::uint32_t index, std::uint32_t value) {
    block.set_slot(index, (value & ~kMark) | mark);
  });
}

}  // namespace rqpp::mirror
