#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scheduler/cron_expression.h"
#include "scheduler/zone.h"

#include <rqpp/call.h>
#include <rqpp/enqueue_options.h>

namespace rqpp::scheduler {

/// What becomes of runs that were due while nobody led: they are gone, or one run stands for all,
/// or all are made up. Up to a minute late is not missed.
enum class Missed : std::uint8_t { skip, once, all };
/// What becomes of a run while the job of the one before has not ended.
enum class Overlap : std::uint8_t { allow, skip };

struct CronEntry {
  std::string name{};
  Call call{};
  std::string queue = "default";
  EnqueueOptions options{};
  std::string cron{};  ///< The text of `expression`; empty: it runs each `every`.
  std::optional<CronExpression> expression{};
  std::chrono::seconds every{0};
  std::string zone_name = "local";
  Zone zone = local_zone();
  Missed missed = Missed::skip;
  Overlap overlap = Overlap::allow;
};

/// Decides what is to be enqueued. It is given the time; a test needs no clock.
class CronPlan {
 public:
  struct Run {
    std::size_t entry = 0;  ///< Its place among the entries.
    Instant due{};
    bool operator==(const Run&) const = default;
  };

  explicit CronPlan(std::span<const CronEntry> entries)
      : entries_(entries.begin(), entries.end()), states_(entries.size()) {}

  /// From now on this one leads. `last`: for when each entry ran last; unset: never.
  void begin(std::span<const std::optional<Instant>> last, Instant now);
  /// What is due, the oldest first for each entry; at most 100 runs of one. Each is named once.
  std::vector<Run> due(Instant now);
  /// When something is due next; Instant::max() if nothing ever is.
  Instant next() const;

  const std::vector<CronEntry>& entries() const { return entries_; }
  std::optional<Instant> next_of(std::size_t entry) const { return states_[entry].next; }
  std::optional<Instant> last_of(std::size_t entry) const { return states_[entry].last; }

 private:
  struct State {
    std::optional<Instant> last{};
    std::optional<Instant> next{};
  };

  static std::optional<Instant> after(const CronEntry& entry, Instant moment);
  static Instant newest(const CronEntry& entry, Instant first, Instant now);

  std::vector<CronEntry> entries_;
  std::vector<State> states_;
};

}  // namespace rqpp::scheduler
