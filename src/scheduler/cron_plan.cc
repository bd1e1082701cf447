#include "scheduler/cron_plan.h"

#include <algorithm>
#include <array>

namespace rqpp::scheduler {
namespace {

using namespace std::chrono_literals;

constexpr auto kLateIsNotMissed = 60s;
constexpr std::size_t kMostAtOnce = 100;
/// A record that is so far ahead is of a clock that went wrong.
constexpr auto kWrongClock = 24h;

}  // namespace

std::optional<Instant> CronPlan::after(const CronEntry& entry, Instant moment) {
  if (entry.expression) return entry.expression->next(moment, entry.zone);
  return moment + entry.every;
}

/// The last moment up to now for which the entry was due; `first` is one.
Instant CronPlan::newest(const CronEntry& entry, Instant first, Instant now) {
  if (!entry.expression) return now - (now - first) % entry.every;
  // Not each second of a year: the last ones first.
  constexpr std::array<std::chrono::seconds, 4> kBack{60s, 1h, 24h, 24h * 32};
  Instant found = first;
  for (const auto back : kBack) {
    const auto one = after(entry, std::max(first, now - back) - 1s);
    if (!one || *one > now) continue;
    found = *one;
    break;
  }
  for (auto later = after(entry, found); later && *later <= now; later = after(entry, found)) {
    found = *later;
  }
  return found;
}

void CronPlan::begin(std::span<const std::optional<Instant>> last, Instant now) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    State& state = states_[i];
    const bool known = last[i] && *last[i] < now + kWrongClock;
    state.last = known ? last[i] : std::nullopt;
    if (known) {
      state.next = after(entries_[i], *last[i]);
    } else {
      // As in RQ, what runs at intervals begins at once.
      state.next = entries_[i].expression ? after(entries_[i], now) : now;
    }
  }
}

std::vector<CronPlan::Run> CronPlan::due(Instant now) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    State& state = states_[i];
    const CronEntry& entry = entries_[i];
    if (entry.missed == Missed::all) {
      for (std::size_t n = 0; n < kMostAtOnce && state.next && *state.next <= now; ++n) {
        runs.push_back({i, *state.next});
        state.last = state.next;
        state.next = after(entry, *state.next);
      }
    } else if (state.next && *state.next <= now) {
      const Instant newest_due = newest(entry, *state.next, now);
      if (entry.missed == Missed::once || now - newest_due <= kLateIsNotMissed) {
        runs.push_back({i, newest_due});
        state.last = newest_due;
      }
      state.next = after(entry, newest_due);
    }
  }
  return runs;
}

Instant CronPlan::next() const {
  Instant next = Instant::max();
  for (const State& state : states_) next = std::min(next, state.next.value_or(next));
  return next;
}

}  // namespace rqpp::scheduler
