#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "symbols/debug_information.h"

namespace rqpp::worker {

/// The frames found at places in binaries, shared by a process and all that it forks later: reading
/// debug information takes tens of milliseconds, and a horse may live for one job.
///
/// A memory file that no process maps and that a horse opens only to read or write it, so it adds
/// nothing to a fork, and no stray pointer or descriptor of a task reaches it. Holds at most kSlots
/// places in 4 MiB; a new place replaces an older one in its slot. A slot that is damaged, or
/// written by two processes at once, counts as empty. Safe in several threads.
class SymbolCache {
 public:
  static constexpr std::size_t kSlots = 1024;
  static constexpr std::size_t kSlotBytes = 4096;

  /// Where the system gives no memory, it stays empty.
  SymbolCache();

  std::optional<std::vector<symbols::Frame>> find(std::string_view place) const;
  /// Does nothing if they do not fit into a slot, or writing could end this process (RLIMIT_FSIZE).
  void insert(std::string_view place, const std::vector<symbols::Frame>& frames);
  /// How often this process has inserted something.
  std::size_t insertions() const { return insertions_; }

 private:
  base::Fd open() const;

  base::Fd memory_;
  std::string path_{};  ///< Of the descriptor in the process that has made it.
  unsigned long device_ = 0;
  unsigned long inode_ = 0;
  std::atomic<std::size_t> insertions_{0};
};

}  // namespace rqpp::worker
