#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace rqpp::mirror {

/// Decides when everything is read anew, and knows how old the copy is. The time is an argument.
///
/// A reading that began at b has seen every change before b: an id that was there all the while
/// came along, one that was not did not. So the copy is as of b at its end. From then on pushes
/// count: as long as none has come, a copy is as of the last moment of which it is known that all
/// pushes from before it are here.
class Course {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  struct Timing {
    Duration resync_interval{};  ///< From the beginning of a reading to that of the next one.
    Duration
        min_resync_interval{};  ///< From the end of a reading to the beginning of the next one.
  };

  explicit Course(const Timing& timing) : timing_(timing) {}

  /// There is a new connection: changes were missed, everything is to be read at once.
  /// `hears_all` says whether Redis tells of every change.
  void connected(bool hears_all, TimePoint now);
  void began(TimePoint now);
  void ended(TimePoint now);
  /// Redis tells that something has changed, of which only reading everything will tell what.
  void changed() { changed_ = changed_since_begin_ = true; }
  /// All changes before `then` have been told.
  void heard_all_before(TimePoint then);
  /// Somebody wants a younger copy: it is read anew, at the earliest as after a change.
  void hurry() { hurry_ = true; }

  bool reading() const { return began_.has_value(); }
  /// When to begin the next reading.
  TimePoint due() const;
  /// What happened before is in the copy. Nothing: it was never read.
  std::optional<TimePoint> as_of() const { return as_of_; }

 private:
  Timing timing_;
  bool hears_all_ = false;
  bool complete_ = false;             // a reading has ended on this connection
  bool changed_ = false;              // since the beginning of the last complete one
  bool changed_since_begin_ = false;  // of this one
  bool hurry_ = false;
  std::optional<TimePoint> began_{};
  TimePoint last_began_{};
  TimePoint rested_{};  // the next one begins no earlier
  TimePoint heard_{};
  std::optional<TimePoint> as_of_{};
};

}  // namespace rqpp::mirror
