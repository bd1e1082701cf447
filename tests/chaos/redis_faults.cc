#include <filesystem>
#include <string>

#include "chaos/faults.h"

namespace rqpp::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

/// Redis' append-only files, a folder since Redis 7 and one file before.
fs::path history_of(const fs::path& folder) {
  return folder / (fs::exists(folder / "appendonlydir") ? "appendonlydir" : "appendonly.aof");
}

void copy_history(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::create_directories(to);
  fs::copy(history_of(from), to / history_of(from).filename(), fs::copy_options::recursive);
}

}  // namespace

// Away for longer than a lease, one time in four.
Struck kill_redis(Arena& arena, Dice& dice) {
  if (!arena.server_answers()) return {};
  arena.stop_server();
  const bool is_long = dice.one_in(4);
  return {.what = "kill Redis",
          .lasts = is_long ? 13'000ms : std::chrono::milliseconds{dice.below(2'000)},
          .undo = [&arena] { arena.start_server(); }};
}

Struck freeze_redis(Arena& arena, Dice& dice) {
  if (!arena.server_answers()) return {};
  const pid_t pid = arena.freeze_server();
  return {.what = "freeze Redis",
          .lasts = std::chrono::milliseconds{dice.below(6'000)},
          .undo = [&arena, pid] { arena.thaw_server(pid); }};
}

Struck forget_scripts(Arena& arena, Dice& /*dice*/) {
  if (!arena.server_answers()) return {};
  arena.ask("SCRIPT", "FLUSH");
  return {.what = "SCRIPT FLUSH"};
}

Struck restore_snapshot(Arena& arena, Dice& dice) {
  if (!arena.server_answers()) return {};
  const fs::path saved = fs::path(arena.folder()) / "snapshot";
  copy_history(arena.server().folder(), saved);
  return {.what = "take a snapshot, to be restored",
          .lasts = std::chrono::milliseconds{1'000 + dice.below(5'000)},
          .undo = [&arena, saved] {
            arena.damage().history_lost = true;
            arena.damage().runs_lost = true;
            arena.stop_server();
            const fs::path folder = arena.server().folder();
            fs::remove_all(history_of(folder));
            fs::copy(history_of(saved), folder / history_of(saved).filename(),
                     fs::copy_options::recursive);
            arena.start_server();
          }};
}

}  // namespace rqpp::test
