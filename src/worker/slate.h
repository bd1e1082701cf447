#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/fd.h"
#include "worker/frames.h"

namespace rqpp::worker {

/// Memory that the parent shares with a horse to which it has given a row of quick jobs.
///
/// Over the channel each job would cost two wake-ups. In a row a horse notes how a job ended and
/// begins the next one, in one atomic step, and wakes nobody. The parent looks now and then, and it
/// can take back what has not begun, also while a job lasts: whoever closes the row, no job of it
/// begins any more. How the last job ended that has begun goes over the channel, so the parent
/// hears when a row is over. What is noted outlives a horse that dies.
///
/// A horse runs user code: whatever it leaves here is read as if it came from an enemy. The size of
/// the memory is sealed, or a horse could take away what the parent reads (SIGBUS).
class Slate {
 public:
  using Clock = std::chrono::steady_clock;

  /// A job has ended, and the next one of its row has begun.
  struct Note {
    Outcome outcome{};
    Clock::time_point began{};
    Clock::time_point ended{};
  };

  /// Rows have a number, so that a horse knows what is left of an old one. 0 is none.
  using Row = std::uint32_t;
  /// A horse whose parent does not look for so long begins no other job of the row.
  static constexpr std::chrono::seconds kLongestRow{1};

  /// New memory, for the parent. Throws Error when there is none, or no descriptor.
  Slate();
  /// The memory of the parent, for the horse. Not `valid` if it cannot be had.
  explicit Slate(const base::Fd& memory);
  Slate(Slate&& other) noexcept;
  Slate& operator=(Slate&& other) noexcept;
  ~Slate();

  bool valid() const { return page_ != nullptr; }

  // ---- the parent's

  /// For the horse. Throws Error when descriptors run out.
  base::Fd share() const;
  /// Begins a row, whose first job counts as begun. The row before is over.
  Row open(Clock::time_point now);
  /// What was noted since the last time. Throws DecodeError if it is nonsense.
  std::vector<Note> take(Clock::time_point now);
  /// No job of the row begins from now on.
  void close();

  // ---- the horse's

  /// Notes how the job at this place of its row has ended, and begins the next one. False if that
  /// is not to be: the row is closed from now on, and nothing was noted.
  bool go_on(Row row, int place, const Note& note);
  /// The same where the outcome is not to be noted here.
  void leave(Row row);

 private:
  struct Page;

  bool try_to_go_on(Row row, int place, const Note& note);

  base::Fd memory_{};
  Page* page_ = nullptr;
  Row row_ = 0;
  int taken_ = 0;           // notes
  std::size_t offset_ = 0;  // of the next note: to be read, or written
};

}  // namespace rqpp::worker
