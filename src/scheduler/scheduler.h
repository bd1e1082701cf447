#pragma once

#include <poll.h>

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "protocol/scheduling.h"
#include "redis/connection.h"
#include "redis/subscriber.h"
#include "scheduler/schedule.h"

namespace rqpp::scheduler {

/// Enqueues scheduled jobs when they are due. It performs what the Schedule decides, on a
/// connection of its own and, while it holds queues, a second one on which Redis tells of changes.
/// For a loop around poll(2): that of a worker, or one of its own. When Redis goes away it comes
/// back by itself.
class Scheduler {
 public:
  Scheduler(const Schedule::Options& options, const redis::Settings& settings, base::Log log);

  /// Gives its queues up, and finishes.
  void stop(Moment now);
  bool finished() const { return schedule_.finished(); }
  /// Stops, if it has not yet, and waits for that as long as Redis may take. Never throws.
  void end() noexcept;

  /// Appends what to poll for.
  void watch(std::vector<pollfd>& fds) const;
  /// When `step` wants to be called at the latest, whatever poll says.
  Moment::Steady next_step() const;
  /// Reads, decides, sends and reconnects, as far as that goes without blocking.
  void step(std::span<const pollfd> fds, Moment now);

  std::vector<std::string> held() const { return schedule_.held(); }

 private:
  using Replies = std::span<const redis::Reply>;
  using Take = std::function<void(Replies)>;

  void take_step(std::span<const pollfd> fds);
  void connect_if_due();
  void step_connection(std::span<const pollfd> fds);
  void read_replies();
  void step_subscriber(std::span<const pollfd> fds);
  void listen_if_wanted();
  void track();
  void handle(const Event& event);
  void note_queues();
  void send(redis::Batch batch, Take take);
  void lose(const std::string& why);

  protocol::SchedulerRecord self_;
  std::chrono::seconds lease_;
  base::Log log_;
  Schedule schedule_;
  redis::Connection connection_;
  redis::Subscriber subscriber_;
  std::deque<Take> sent_{};  // one per batch that Redis has not answered yet

  bool connected_ = false;
  bool tracking_ = false;  // Redis was asked to track what this connection reads
  int failures_ = 0;
  Moment::Steady retry_at_{};
  Moment::Steady listen_at_{};       // not before
  std::string lost_because_{};       // as was said last
  std::vector<std::string> told_{};  // the queues that the log says are ours
  Moment now_{};                     // of the step at hand
};

/// What this process is as a scheduler of these queues, with a name that nobody else has.
protocol::SchedulerRecord new_scheduler(std::vector<std::string> queues);

/// Enqueues what is due now in those of the queues that nobody else schedules, and gives them back.
/// Blocks. Throws ConnectionError, TimeoutError and CommandError.
void enqueue_what_is_due(const std::vector<std::string>& queues, const redis::Settings& settings,
                         const base::Log& log);

}  // namespace rqpp::scheduler
