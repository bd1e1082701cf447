#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "redis/connection.h"
#include "top_sight.h"

namespace rqpp::cli {

/// Looks at queues and workers again and again, over a connection of its own, and never writes. A
/// look costs seven commands for each of at most a hundred queues and one for each of at most a
/// hundred workers, in one round trip, however much they hold; where there are more they take
/// turns. Names are read each ten seconds, one command per hundred, and each two where a page holds
/// them all. A Redis that was away is asked again by the next look.
class TopReader {
 public:
  /// `queues` are sorted; none are all.
  TopReader(const redis::Settings& settings, std::vector<std::string> queues);

  /// Throws ConnectionError, TimeoutError or CommandError.
  TopSight look();

  /// When these jobs began, as far as it is known that these workers run them: one command for
  /// each. Throws as look().
  std::vector<std::pair<TopRun, Time>> starts(std::span<const TopRun> runs);

  /// How many commands a look has cost, in the mean over all of them.
  double commands_per_look() const;

 private:
  using Clock = std::chrono::steady_clock;

  std::vector<redis::Reply> ask(const redis::Batch& batch);
  bool knows_names() const;
  void read_names();
  void note_unscheduled(std::vector<QueueLine>& lines, bool anew);

  redis::Connection connection_;
  std::vector<std::string> queues_;
  TopNames names_{};
  Clock::time_point began_ = Clock::now();
  std::optional<Clock::time_point> named_at_{};
  std::set<std::string> unscheduled_{};
  std::string last_queue_{};  // whose turn it was
  std::string last_worker_{};
  std::int64_t commands_ = 0;
  std::int64_t looks_ = 0;
};

}  // namespace rqpp::cli
