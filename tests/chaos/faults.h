#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "chaos/arena.h"
#include "chaos/dice.h"

namespace rqpp::test {

/// What a fault did, and how it is undone.
struct Struck {
  std::string what{};                  ///< For the plan; empty: there was nothing to strike.
  std::chrono::milliseconds lasts{0};  ///< Until it is to be undone.
  std::function<void()> undo{};        ///< Empty: nothing is to be undone.
};
using Fault = std::function<Struck(Arena&, Dice&)>;

/// How often a fault strikes, beside the others.
struct Weighted {
  Fault fault{};
  int weight = 1;
};

/// All faults by their names, which RQPP_CHAOS_FAULTS lists: `kill-horse,cut`.
std::map<std::string, Weighted> all_faults();

// Processes of workers.
Struck kill_horse(Arena& arena, Dice& dice);
Struck kill_fork_server(Arena& arena, Dice& dice);
Struck kill_worker(Arena& arena, Dice& dice);
Struck restart_worker(Arena& arena, Dice& dice);
Struck freeze_worker(Arena& arena, Dice& dice);

// The way to Redis.
Struck cut_bytes(Arena& arena, Dice& dice);
Struck stall_bytes(Arena& arena, Dice& dice);
Struck pull_cable(Arena& arena, Dice& dice);
Struck kill_clients(Arena& arena, Dice& dice);

// Redis itself.
Struck kill_redis(Arena& arena, Dice& dice);
Struck freeze_redis(Arena& arena, Dice& dice);
Struck forget_scripts(Arena& arena, Dice& dice);
/// Redis goes back to what it was a few seconds ago, and loses what it acknowledged since.
Struck restore_snapshot(Arena& arena, Dice& dice);

}  // namespace rqpp::test
