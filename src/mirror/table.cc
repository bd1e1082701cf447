#include "mirror/table.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "mirror/block.h"
#include "mirror/block_pool.h"
#include "mirror/compact_ids.h"
#include "mirror/directory.h"
#include "mirror/exact_ids.h"
#include "mirror/slots.h"

#include <rqpp/error.h>

// Extendible hashing. A block that is full is copied to two, one for each value of the next bit of
// the hashes; the directory, when it has no place for both, is copied to one with twice the places.
// A copy is finished before a reader can see it, and what it replaces stays readable: blocks in
// their pool, directories for as long as the table lives (all together take as much as the last).
namespace rqpp::mirror {
namespace {

template <class Ids>
class TableOf final : public Table {
 public:
  explicit TableOf(const KeyedHash::Keys& keys) : hash_(keys) {
    directories_.push_back(std::make_unique<Directory>(0));
    directory().set(0, 1, new_block({}, 0));
    root_.store(&directory(), std::memory_order_release);
  }

  bool contains(std::string_view id) const noexcept override {
    return Ids::with_entry(
        id, [this](const Entry& entry) { return holds(Ids::hash_of(hash_, entry), entry); });
  }
  void contains(std::span<const std::string_view> ids, std::vector<bool>& answers) const override {
    if (root_.load(std::memory_order_acquire)->bits() < kBitsBeyondCache) {
      for (const std::string_view id : ids) answers.push_back(contains(id));
      return;
    }
    while (!ids.empty()) {
      const auto some = ids.first(std::min(ids.size(), kAtOnce));
      ask_together(some, answers);
      ids = ids.subspan(some.size());
    }
  }
  std::size_t size() const noexcept override { return size_.load(std::memory_order_relaxed); }

  void put(std::string_view id) override {
    Ids::with_entry(id, [this](const Entry& entry) { add(entry); });
  }

  void erase(std::string_view id) override {
    Ids::with_entry(id, [this](const Entry& entry) {
      const std::uint64_t hash = Ids::hash_of(hash_, entry);
      if (Ids::erase(block_of(hash), hash, entry)) resized(-1);
    });
  }

  void begin_round() override {
    // What a round has put that came to no end must not pass for put in this one.
    if (!swept_) {
      for_each_block([this](Block& block) { mark_all(block, mark_); });
    }
    mark_ ^= kMarkBit;
    swept_ = false;
  }

  std::uint64_t sweep(std::uint64_t from) override {
    const std::size_t index = directory().index_of(from);
    Block& block = *directory().block(index);
    const unsigned depth = block.depth;
    resized(-static_cast<std::ptrdiff_t>(Ids::sweep(block, mark_)));
    if (Ids::mostly_gaps(block)) replace(index, depth, {&block});
    unite(index);
    const std::uint64_t span = depth == 0 ? 0 : std::uint64_t{1} << (64 - depth);
    const std::uint64_t next = (from & ~(span - 1)) + span;  // 0 behind the last one
    swept_ = next == 0;
    return next;
  }

  std::size_t bytes() const override {
    std::size_t bytes = pool_.idle_bytes();
    for (const auto& each : directories_) bytes += each->bytes();
    for_each_block([&bytes](const Block& block) { bytes += Ids::bytes_of(block); });
    return bytes;
  }

 private:
  using Entry = typename Ids::Entry;
  using Sources = std::vector<const Block*>;

  /// Fewer blocks than this many bits tell apart are in the processor's cache anyway.
  static constexpr unsigned kBitsBeyondCache = 6;
  /// As many as the processor can fetch at the same time.
  static constexpr std::size_t kAtOnce = 32;

  /// What a look-up needs comes from three places, each of which says where the next one is: the
  /// beginning of a block, its buckets, a text. It is fetched for all ids before the next step, and
  /// then asked as ever: by then a block may be another one.
  void ask_together(std::span<const std::string_view> ids, std::vector<bool>& answers) const {
    std::array<std::uint64_t, kAtOnce> hashes{};
    std::array<const Block*, kAtOnce> blocks{};
    const Directory& directory = *root_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      hashes[i] = Ids::with_entry(
          ids[i], [this](const Entry& entry) { return Ids::hash_of(hash_, entry); });
      blocks[i] = directory.at(directory.index_of(hashes[i])).load(std::memory_order_acquire);
      __builtin_prefetch(blocks[i]);
    }
    for (std::size_t i = 0; i < ids.size(); ++i) Ids::fetch_buckets(*blocks[i], hashes[i]);
    for (std::size_t i = 0; i < ids.size(); ++i) Ids::fetch_text(*blocks[i], hashes[i]);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      answers.push_back(
          Ids::with_entry(ids[i], [&](const Entry& entry) { return holds(hashes[i], entry); }));
    }
  }

  bool holds(std::uint64_t hash, const Entry& entry) const noexcept {
    for (;;) {
      const Directory* root = root_.load(std::memory_order_acquire);
      const std::atomic<Block*>& place = root->at(root->index_of(hash));
      const Block* block = place.load(std::memory_order_acquire);
      const std::uint64_t life = block->life();
      const bool found = Ids::find(*block, hash, entry).has_value();
      // Whatever was replaced meanwhile may have been something else by then.
      if (place.load(std::memory_order_acquire) == block && block->life() == life &&
          root_.load(std::memory_order_acquire) == root) {
        return found;
      }
    }
  }

  void add(const Entry& entry) {
    const std::uint64_t hash = Ids::hash_of(hash_, entry);
    for (;;) {
      const Put outcome = Ids::put(block_of(hash), hash, entry, mark_);
      if (outcome == Put::added) resized(+1);
      if (outcome != Put::full) return;
      make_room(directory().index_of(hash));
    }
  }

  template <class Action>
  void for_each_block(const Action& action) const {
    const Directory& all = *directories_.back();
    for (std::size_t i = 0; i < all.size(); i += all.span_of(all.block(i)->depth)) {
      action(*all.block(i));
    }
  }

  Directory& directory() { return *directories_.back(); }
  Block& block_of(std::uint64_t hash) { return *directory().block(directory().index_of(hash)); }
  void resized(std::ptrdiff_t by) {
    size_.store(size() + static_cast<std::size_t>(by), std::memory_order_relaxed);
  }

  Block* new_block(const Sources& alike, unsigned depth) {
    Block* block = pool_.take();
    block->begin(Ids::buckets_for(alike), depth);
    return block;
  }

  void make_room(std::size_t index) {
    Block* const full = directory().block(index);
    if (Ids::worth_packing(*full)) {
      replace(index, full->depth, {full});
      return;
    }
    if (full->depth == directory().bits()) {
      index <<= 1;
      double_directory();
    }
    split(*full, index);
  }

  /// Copies the only block, or both, that have these places to one that has them all.
  bool replace(std::size_t index, unsigned depth, const Sources& sources) {
    Block* const fresh = new_block(sources, depth);
    for (const Block* each : sources) {
      if (!Ids::copy(*each, depth, hash_, *fresh, nullptr)) {
        pool_.give_back(fresh);
        return false;
      }
    }
    const std::size_t first = directory().first_of(index, depth);
    directory().set(first, directory().span_of(depth), fresh);
    for (const Block* each : sources) pool_.give_back(const_cast<Block*>(each));
    return true;
  }

  void split(Block& full, std::size_t index) {
    const unsigned depth = full.depth;
    Block* const zero = new_block({&full}, depth + 1);
    Block* const one = new_block({&full}, depth + 1);
    if (!Ids::copy(full, depth, hash_, *zero, one)) {
      pool_.give_back(zero);
      pool_.give_back(one);
      throw Error("cannot keep ids in memory: all of them have the same hash");
    }
    const std::size_t half = directory().span_of(depth + 1);
    const std::size_t first = directory().first_of(index, depth);
    directory().set(first, half, zero);
    directory().set(first + half, half, one);
    pool_.give_back(&full);
  }

  void double_directory() {
    const Directory& old = directory();
    if (old.bits() == Directory::kMostBits) {
      throw Error("cannot keep ids in memory: there are too many");
    }
    auto wider = std::make_unique<Directory>(old.bits() + 1);
    for (std::size_t i = 0; i < old.size(); ++i) wider->set(2 * i, 2, old.block(i));
    directories_.push_back(std::move(wider));
    root_.store(&directory(), std::memory_order_release);
  }

  /// Makes one block of two that are nearly empty, and again of that and its neighbour. Only to the
  /// left: what is on the right was not swept yet.
  void unite(std::size_t index) {
    for (;;) {
      const Block* right = directory().block(index);
      if (right->depth == 0) return;
      const std::size_t first = directory().first_of(index, right->depth);
      const std::size_t span = directory().span_of(right->depth);
      if ((first & span) == 0) return;
      const Block* left = directory().block(first - span);
      if (left->depth != right->depth) return;
      const Sources both{left, right};
      if (!Ids::fit_into_one(both, 0.4) || !replace(index, right->depth - 1, both)) return;
    }
  }

  const KeyedHash hash_;
  BlockPool pool_{};
  std::vector<std::unique_ptr<Directory>> directories_{};  // the last one counts
  std::atomic<const Directory*> root_{nullptr};
  std::atomic<std::size_t> size_{0};
  std::uint8_t mark_ = 0;
  bool swept_ = true;
};

}  // namespace

std::unique_ptr<Table> make_exact_table(const KeyedHash::Keys& keys) {
  return std::make_unique<TableOf<ExactIds>>(keys);
}

std::unique_ptr<Table> make_compact_table(const KeyedHash::Keys& keys) {
  return std::make_unique<TableOf<CompactIds>>(keys);
}

}  // namespace rqpp::mirror
