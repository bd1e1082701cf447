#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "mirror/keyed_hash.h"

namespace rqpp::mirror {

/// A set of ids in little memory. Any number of readers may ask while one writer at a time changes
/// it: they wait for nobody, and an id that stays is found at every moment.
///
/// It is kept by rounds: what was not put since a round began is what `sweep` removes.
class Table {
 public:
  Table() = default;
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  virtual ~Table() = default;

  // For readers.
  virtual bool contains(std::string_view id) const noexcept = 0;
  /// Appends the answer for each of these. While the memory of one is awaited, others go on.
  virtual void contains(std::span<const std::string_view> ids,
                        std::vector<bool>& answers) const = 0;
  virtual std::size_t size() const noexcept = 0;

  // For the writer. All of them may throw std::bad_alloc, and have changed nothing then.
  virtual void put(std::string_view id) = 0;
  virtual void erase(std::string_view id) = 0;
  virtual void begin_round() = 0;
  /// Removes from the part of the table at `from` what was not put in this round. Returns where the
  /// next part is, and 0 behind the last one; begin with 0.
  virtual std::uint64_t sweep(std::uint64_t from) = 0;
  /// What it takes.
  virtual std::size_t bytes() const = 0;
};

/// The ids themselves.
std::unique_ptr<Table> make_exact_table(const KeyedHash::Keys& keys);
/// Fingerprints of them: see CompactIds.
std::unique_ptr<Table> make_compact_table(const KeyedHash::Keys& keys);

}  // namespace rqpp::mirror
