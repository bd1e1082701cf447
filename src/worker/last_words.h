#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a horse can still say when it dies, in memory that it shares with the stable: its heap may
// be corrupt and its descriptors closed by then. The stable maps the memory before it forks.
// A horse runs user code, so whatever it leaves there is read as if it came from an enemy.
namespace rqpp::worker {

/// Fixed in size and without pointers, so that a signal handler can fill it.
struct LastWords {
  static constexpr std::size_t kMostFrames = 64;
  static constexpr std::size_t kMostNoteBytes = 2048;
  static constexpr std::size_t kMostMapsBytes = std::size_t{32} << 10;
  static constexpr std::size_t kMostReportBytes = std::size_t{16} << 10;

  // Of a crash. `signal` is written first, `frames` grows while the stack is walked.
  std::atomic<std::int32_t> signal{0};  ///< 0: it did not crash.
  std::int32_t code = 0;                ///< siginfo_t::si_code.
  std::int32_t sender = 0;              ///< siginfo_t::si_pid, if another process sent it.
  std::uint64_t address = 0;            ///< siginfo_t::si_addr.
  std::uint64_t stack_pointer = 0;
  std::atomic<std::uint32_t> frames{0};
  std::atomic<std::uint32_t> cut{0};  ///< 1: there were more, older frames.
  // The sizes of the texts below, written after them; here, so that a blank place is one page.
  std::atomic<std::uint32_t> note_bytes{0};
  std::atomic<std::uint32_t> maps_bytes{0};
  std::atomic<std::uint32_t> report_bytes{0};

  /// Where it was, then return addresses, innermost first.
  std::array<std::uint64_t, kMostFrames> addresses{};
  /// A sentence about its end, when it knew of it.
  std::array<char, kMostNoteBytes> note{};
  /// The lines of /proc/self/maps that belong to files.
  std::array<char, kMostMapsBytes> maps{};
  /// What another process, which looks for names, makes of it.
  std::array<char, kMostReportBytes> report{};

  /// Keeps a note, cut to its size; the first one stays.
  void say(std::string_view text) noexcept;
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

/// What is known of a crash, checked.
struct Crash {
  int signal = 0;
  int code = 0;
  pid_t sender = 0;
  std::uint64_t address = 0;
  std::uint64_t stack_pointer = 0;
  std::vector<std::uint64_t> addresses{};
  bool cut = false;
  std::string maps{};
};

/// The crash that was recorded; nothing if there was none.
std::optional<Crash> crash_of(const LastWords& words);
/// Valid UTF-8.
std::string note_of(const LastWords& words);
std::string report_of(const LastWords& words);

/// The memory of one horse for its last words, mapped anew for each: no horse ever sees that of
/// another one.
class LastWordsMemory {
 public:
  /// None: its horse dies without last words.
  LastWordsMemory() = default;
  /// Blank memory, which the next fork inherits. None if there is no memory left.
  static LastWordsMemory map();
  LastWordsMemory(LastWordsMemory&& other) noexcept;
  LastWordsMemory& operator=(LastWordsMemory&& other) noexcept;
  ~LastWordsMemory();

  LastWords* get() const noexcept { return words_; }
  LastWords* operator->() const noexcept { return words_; }
  explicit operator bool() const noexcept { return words_ != nullptr; }

  /// Whether processes that are forked from now on inherit it.
  void hide_from_forks() const noexcept;
  void show_to_forks() const noexcept;

 private:
  explicit LastWordsMemory(LastWords* words) : words_(words) {}

  LastWords* words_ = nullptr;
};

}  // namespace rqpp::worker
