#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"

#include <rqpp/time.h>

// What the Schedule is told and what it answers.
namespace rqpp::scheduler {

using base::Moment;

// ---- events

/// Redis answers from now on.
struct Connected {};
/// What was asked is void.
struct Lost {};
/// Whether Redis tells when jobs are scheduled, by `Changed`.
struct Hearing {
  bool changes = false;
};
/// The answer to Hold.
struct Held {
  struct Queue {
    std::string name{};
    bool ours = false;
    std::optional<std::chrono::milliseconds> others_for{};  ///< At least, if anybody knows.
  };
  std::vector<Queue> queues{};
};
/// The answer to Look: when each queue's next job is due.
struct Seen {
  struct Queue {
    std::string name{};
    std::optional<Time> due{};  ///< Unset: none waits.
  };
  std::vector<Queue> queues{};
};
/// The answer to Move, and to the Look that always goes with it.
struct Moved {
  std::vector<std::string> lost{};      ///< Queues that are another's now.
  std::vector<std::string> troubled{};  ///< Queues for which Redis refused to do anything.
  Seen seen{};
};
/// Something has changed among the scheduled jobs of a queue.
struct Changed {
  std::string queue{};
};
struct Released {};
struct StopRequested {};
/// Time has passed.
struct Tick {};

using Event = std::variant<Connected, Lost, Hearing, Held, Seen, Moved, Changed, Released,
                           StopRequested, Tick>;

// ---- actions

/// Take these queues, or keep them.
struct Hold {
  std::vector<std::string> queues{};
};
/// Enqueue what is due in these queues, `most` jobs of each; then look at them.
struct Move {
  std::vector<std::string> queues{};
  int most = 0;
};
struct Look {
  std::vector<std::string> queues{};
};
/// Give these queues up.
struct Release {
  std::vector<std::string> queues{};
};
/// Nothing is left to do.
struct Finish {};

using Action = std::variant<Hold, Move, Look, Release, Finish>;
using Actions = std::vector<Action>;

/// For tests and logs: `Move a,b 50`.
std::string to_text(const Action& action);

}  // namespace rqpp::scheduler
