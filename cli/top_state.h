#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "activity.h"
#include "doctor/measure.h"
#include "told_rate.h"
#include "top_sight.h"

namespace rqpp::cli {

struct TopQueue {
  std::string name{};
  protocol::QueueCounts counts{};
  std::optional<double> change{};  ///< Of how many wait, per second.
  std::optional<double> ended{};   ///< Jobs per second that finished or failed, by its registries.
  double seen_at = 0;              ///< Seconds, as TopSight::at_seconds.
  bool unscheduled = false;        ///< As QueueLine::unscheduled.
  Activity activity{};
};

struct TopWorker {
  protocol::WorkerRecord record{};
  ToldRate done{};                    ///< Jobs, successful or not.
  std::optional<Time> job_started{};  ///< Of its current job, as far as somebody said.
  Activity activity{};
};

/// Jobs that a worker has done, successful or not: 0 or more.
std::int64_t jobs_done(const protocol::WorkerRecord& worker);

/// Whose work counts: that of all queues, or of some. The others' jobs are among those that workers
/// have done, so then only what the registries of the queues say is counted.
enum class TopScope { all_queues, some_queues };

/// What `rqpp top` knows, from look to look. Values in, values out.
class TopState {
 public:
  /// How many looks the graphs go back.
  static constexpr std::size_t kMostColumns = 1'000;

  explicit TopState(TopScope scope) : scope_(scope) {}

  void take(const TopSight& sight);

  /// The current jobs of the first so many workers, of which it is not known when they began.
  std::vector<TopRun> unknown_starts(std::size_t workers) const;
  /// Says it of one. What that worker does not run any more is ignored.
  void learn_start(const TopRun& run, Time started);

  const std::vector<TopQueue>& queues() const { return queues_; }     ///< The most active first.
  const std::vector<TopWorker>& workers() const { return workers_; }  ///< The busiest first.
  /// Jobs per second that ended, and jobs that wait in all queues, at each look; the last is the
  /// newest. Nothing is known at the first look of what ends.
  const doctor::Columns& ended() const { return ended_; }
  const doctor::Columns& waiting() const { return waiting_; }
  Time now() const { return now_; }  ///< At the last look.

 private:
  void take(const QueueLine& line, double at);
  void take(const protocol::WorkerRecord& record, double at);
  void forget(const TopSight& sight);
  std::optional<double> ended_per_second() const;

  TopScope scope_;
  std::vector<TopQueue> queues_{};
  std::vector<TopWorker> workers_{};
  doctor::Columns ended_{};
  doctor::Columns waiting_{};
  Time now_{};
};

/// The sum over all queues, bounded whatever Redis says.
std::int64_t total(const std::vector<TopQueue>& queues, std::int64_t protocol::QueueCounts::*count);

}  // namespace rqpp::cli
