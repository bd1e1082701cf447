#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/events.h"

namespace rqpp::scheduler {

/// Decides when to enqueue what is due: `on(event, now) → actions`.
///
/// It knows no socket and no clock, so a test is a list of events and the actions expected.
/// `Scheduler` performs the actions and reports what came of them.
///
///     queue   another's ─▶ held: renewed each 10 s, for 30 s ─▶ given up at the end
///     held    looked at ─▶ sleeps until its next job is due, or Redis tells of a change
///                       ─▶ moved and looked at, again and again until nothing is due
class Schedule {
 public:
  struct Options {
    std::vector<std::string> queues{};
    bool once = false;  ///< Enqueue what is due in the queues that no scheduler serves, and end.
    std::chrono::seconds lease{30};    ///< For so long a queue stays ours without a sign of life.
    std::chrono::seconds renewal{10};  ///< How often we give one.
  };

  explicit Schedule(const Options& options);

  Actions on(const Event& event, Moment now);

  /// When `Tick` is due next, if nothing happens before.
  Moment::Steady next_tick() const;

  /// The queues that are ours.
  std::vector<std::string> held() const;
  bool finished() const { return finished_; }
  /// Its queues are being given up; what it hears of them means nothing any more.
  bool leaving() const { return releasing_ || finished_; }

 private:
  struct Queue {
    bool ours = false;
    Moment::Steady hold_at{};     // when to ask for it (again)
    std::optional<Time> due{};    // of its next job, as was seen last
    Moment::Steady look_at{};     // when to look whether that still holds
    Moment::Steady looked_at{};   // the last time
    Moment::Steady rest_until{};  // Redis has refused something
    bool seen = false;            // since it is ours
  };

  void handle(const Connected& event);
  void handle(const Lost& event);
  void handle(const Hearing& event);
  void handle(const Held& event);
  void handle(const Seen& event);
  void handle(const Moved& event);
  void handle(const Changed& event);
  void handle(const Released& event);
  void handle(const StopRequested& event);
  void handle(const Tick& event);

  void decide();
  void hold();
  void move();
  void look();
  void take(const Seen& seen);
  void stop();
  bool is_due(const Queue& queue) const;
  bool has_done_once() const;
  Moment::Steady next_step_of(const Queue& queue) const;

  Options options_;
  std::map<std::string, Queue> queues_{};
  Moment now_{};       // of the event at hand
  Actions actions_{};  // of the event at hand

  bool connected_ = false;
  bool hears_ = false;
  bool holding_ = false;         // a Hold is not answered yet
  bool moving_ = false;          // a Move is not answered yet
  Moment::Steady moved_at_{};    // when the last Move was asked for
  Moment::Steady move_after_{};  // it has taken its time; the next one is not asked for before
  bool looking_ = false;         // a Look is not answered yet
  bool held_once_ = false;
  bool stopping_ = false;
  bool releasing_ = false;
  bool finished_ = false;
};

}  // namespace rqpp::scheduler
