#include "mirror/slots.h"

namespace rqpp::mirror {
namespace {

struct Room {
  std::uint32_t slots = 0;
  std::uint32_t first = 0;  // that is free
};

Room room_in(const Block& block, std::uint32_t bucket) {
  Room room;
  const std::uint32_t begin = bucket * kSlotsPerBucket;
  for (std::uint32_t i = begin; i < begin + kSlotsPerBucket; ++i) {
    if (block.byte(SlotPlace(i).tag()) != 0) continue;
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

Slot slot_at(const Block& block, std::uint32_t slot) {
  return {.tag = block.byte(SlotPlace(slot).tag()),
          .bits = static_cast<std::uint8_t>(bits_of(block, slot) & ~kMarkBit),
          .value = value_of(block, slot)};
}

bool is_marked(const Block& block, std::uint32_t slot, std::uint8_t mark) {
  return (bits_of(block, slot) & kMarkBit) == mark;
}

void fill(Block& block, std::uint32_t slot, const Slot& content, std::uint8_t mark) {
  const SlotPlace place(slot);
  const std::uint64_t others =
      block.word(place.value()) & ~(std::uint64_t{0xFFFF} << place.value_shift());
  block.set_word(place.value(), others | std::uint64_t{content.value} << place.value_shift());
  block.set_byte(place.bits(), content.bits | mark);
  block.set_byte(place.tag(), content.tag);
}

void free(Block& block, std::uint32_t slot) { block.set_byte(SlotPlace(slot).tag(), 0); }

void mark(Block& block, std::uint32_t slot, std::uint8_t mark) {
  const SlotPlace place(slot);
  block.set_byte(place.bits(), (block.byte(place.bits()) & ~kMarkBit) | mark);
}

void mark_all(Block& block, std::uint8_t with) {
  for_each_slot(block, [&](std::uint32_t slot) { mark(block, slot, with); });
}

}  // namespace rqpp::mirror
