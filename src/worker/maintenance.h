#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "worker/events.h"

namespace rqpp::worker {

/// What a worker cleans up next, and when: all its queues at the start and each interval after
/// that, and then what belongs to no queue, if nobody else has done so. One small step at a time:
///
///     each queue   lock ─▶ registries ↺ ─▶ (deferred ─▶ look_again ↺) ↺ ─▶ abandoned ↺
///                       ─▶ workers ↺ ─▶ unlock
///     then once    common_lock ─▶ all_workers ↺ ─▶ (groups ─▶ members ↺ of each) ↺
///                              ─▶ (limits ─▶ slots ↺ of each) ↺
///
/// A step may be asked twice, so one whose answer was lost is asked again.
class Maintenance {
 public:
  /// After an outage the workers of Python need a while to come back and to renew their runs.
  static constexpr std::chrono::seconds kAfterOutage{120};

  /// Pages of deferred jobs that are looked at in one go.
  static constexpr int kDeferredPages = 10;

  /// An interval of 0 s means never.
  Maintenance(std::vector<std::string> queues, std::chrono::seconds interval)
      : queues_(std::move(queues)), interval_(interval) {}

  void begin(Moment::Steady now) { due_ = now; }
  /// The answer of the step under way is lost, if there is one.
  void lose_answer() { asked_ = false; }
  void wait_until(Moment::Steady time) { not_before_ = time; }
  /// Gives back the lock and does no more.
  void stop();

  /// What is to be done now.
  std::optional<Maintain> next(Moment::Steady now);
  void done(const Maintained& answer);

  /// Nothing is under way.
  bool idle() const { return !step_; }
  /// When `next` has something to say, if no answer comes before.
  Moment::Steady due() const;

 private:
  using Part = Maintain::Part;
  using Next = std::optional<Maintain>;

  Next following(const Maintain& step, const Maintained& answer);
  Next lock_next_queue();
  Next next_deferred(const std::string& queue);
  Next next_name(Part pages);

  std::vector<std::string> queues_;
  std::chrono::seconds interval_;
  Moment::Steady due_ = Moment::Steady::max();
  Moment::Steady not_before_ = Moment::Steady::min();
  std::size_t queue_ = 0;  // behind the one at hand
  // Of jobs that wait for others there may be very many: some pages each time, and then the next
  // ones.
  std::map<std::string, std::string> deferred_cursors_{};
  int deferred_pages_ = 0;
  std::vector<std::string> names_{};  // of the page at hand, still to be looked at
  std::string names_cursor_{};        // of the page after it
  Next step_{};
  bool asked_ = false;  // its answer is on the way
  bool stopped_ = false;
};

}  // namespace rqpp::worker
