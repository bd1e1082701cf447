#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "protocol/dependencies.h"
#include "protocol/worker_record.h"
#include "redis/connection.h"
#include "worker/arrival_wait.h"
#include "worker/events.h"
#include "worker/job_log.h"
#include "worker/listener.h"

namespace rqpp::worker {

/// The worker's dealings with Redis: what the Supervisor decides goes out as commands, all of one
/// wake-up in one write; what comes back becomes events.
///
/// When the connection breaks it says so once, waits and connects again by itself. What must not be
/// lost, the ends of jobs above all, is kept until Redis has acknowledged it and sent again after
/// an outage. That is safe: a run is settled only while it holds its job, so a second time changes
/// nothing. (A job that was enqueued from within a job may be queued twice, if Redis went away just
/// when it was.)
class Broker {
 public:
  struct Options {
    protocol::WorkerRecord worker{};  ///< With what it is born.
    protocol::WorkerLife life{};
    std::chrono::seconds lease{90};  ///< Of a run, for RQ's cleaners.
    std::chrono::seconds result_ttl{500};
    bool describe_jobs = true;  ///< In the log.
  };

  Broker(Options options, redis::Settings settings, base::Log log);

  /// Connects and registers the worker; blocks, for some seconds if a worker of its name has died
  /// just now. Returns what the Supervisor must know before it begins. Throws ConnectionError, and
  /// InvalidArgument if a living worker has its name.
  std::vector<Event> begin(Time now);

  void perform(Settle action);
  void perform(const Claim& action, Time now);
  void perform(const BeginAhead& action);
  void perform(const Watch& action, Time now);
  void perform(const Unwatch& action);
  void perform(const GiveBack& action);
  void perform(const PutBack& action, Time now);
  void perform(const Beat& action, Time now);
  void perform(const Show& action, Time now);
  void perform(const Rest& action);
  void perform(const RenewLease& action);
  void perform(const Inherit& action, Time now);
  void perform(const Maintain& action, Time now);
  void announce_stop(Time now);
  void save_meta(const MetaSaved& saved);
  void enqueue(const EnqueueRequest& request);

  /// True once commands to this worker are heard, or Redis has refused that and is asked again.
  bool listens() const { return listener_.connection().listening() || listen_at_.has_value(); }

  /// Appends what to poll for.
  void watch(std::vector<pollfd>& fds) const;
  /// When `step` wants to be called at the latest, whatever poll says.
  Moment::Steady next_step() const;
  /// Reads, sends and reconnects, as far as that goes without blocking.
  std::vector<Event> step(std::span<const pollfd> fds, Moment now);
  /// Sends all that was performed since the last time, in one write.
  void flush(Moment now);
  /// Of the ends that Redis has kept since the last time.
  std::vector<SendWebhooks> take_webhooks() { return std::exchange(webhooks_, {}); }

  /// Unregisters the worker; blocks. Never throws: a worker that Redis forgot is gone as well.
  void end(Time now) noexcept;

 private:
  using Replies = std::span<redis::Reply>;
  static constexpr int kMostTakenOver = 32;  // runs, by one script
  enum class Outage : std::uint8_t { drop, keep };
  /// Who ran a job before: nobody, or a lost worker; empty if only the job knows its name.
  using Lost = std::optional<std::string>;
  /// Some commands, what to do with their replies, and whether they must outlive an outage.
  struct Part {
    redis::Batch batch{};
    std::function<void(Replies)> on_reply{};
    Outage outage = Outage::drop;
    std::optional<Event> if_refused{};  // what the Supervisor is told when Redis does not take it
    bool takes_errors = false;          // on_reply looks at them itself
  };
  /// The dependents of a job that has ended, as far as they have not been told yet.
  struct Telling {
    protocol::Release slice{};  // being told
    protocol::Page rest{};      // behind it
    std::size_t queued = 0;     // so far
    bool settles = false;       // of a run that ended here
  };
  enum class State : std::uint8_t { down, connecting, recovering, up };

  void add(redis::Batch batch, std::function<void(Replies)> on_reply, Outage outage);
  std::chrono::seconds result_ttl(const Settle& end) const;
  void settle_now(const Settle& end);
  void finish_now();
  void dispatch(std::vector<Part> parts);
  void take(Part part, Replies replies);
  void refused(Part part, const std::string& error);
  void read_replies();
  std::optional<SendWebhooks> webhooks_of(const Settle& end) const;
  void unblock(const std::string& queue);
  void step_connection(redis::Connection& connection, std::span<const pollfd> fds);
  void step_all(std::span<const pollfd> fds);
  void step_listener(std::span<const pollfd> fds);
  void ask_for_suspension();
  void tell_dependents(Telling telling);
  void take_told(Telling telling, const redis::Reply& reply);
  void finish_releases();
  void finish_release(const std::string& job_id);
  void connect_if_due();
  void recover();
  void recover_claims(const std::vector<std::string>& members);
  void take_recovered(const std::vector<protocol::Execution>& runs,
                      const std::map<std::string, Lost>& lost, Replies replies);
  void come_back();
  void bear();
  redis::Batch birth() const;
  void lose(const std::string& why);
  std::vector<std::string> new_executions(int count, const Lost& lost = std::nullopt);
  void take_claim(redis::Reply reply, const Claim& asked, const std::vector<std::string>& ids);
  void take_pauses(const redis::Reply& reply);
  void take_inheritance(const redis::Reply& reply, const std::string& lost_worker,
                        const std::vector<std::string>& ids);
  void take_abandoned(const Maintain& action, Time now);
  Maintained read_abandoned(const redis::Reply& reply, const std::string& queue) const;
  void hand_over(Claimed claimed);
  void take_arrival(const std::string& queue, ArrivalWait::End end);
  ClaimedJob read_claimed(protocol::Execution run, std::span<const redis::Reply> fields) const;

  Options options_;
  redis::Settings settings_;
  base::Log log_;
  JobLog job_log_;
  redis::Connection connection_;
  Listener listener_;
  std::optional<Moment::Steady> listen_at_{};   // when to connect it again, if it alone was lost
  std::string deaf_because_{};                  // as was said last
  std::map<std::string, ArrivalWait> waits_{};  // by queue
  bool unwatching_ = false;                     // the waits are to be ended

  State state_ = State::down;
  int failures_ = 0;
  Moment::Steady retry_at_{};
  Moment::Steady lost_at_{};
  Moment now_{};  // of the step at hand

  std::vector<Settle> finishing_{};  // they leave together, before what comes next
  std::deque<Part> outgoing_{};
  std::deque<std::vector<Part>> sent_{};  // one per batch that Redis has not answered yet
  // Execution ids of claims that are not answered yet, and of runs that are taken over.
  std::map<std::string, Lost> claiming_{};
  std::set<std::string> announced_queues_{};
  std::vector<Event> events_{};  // of the step at hand
  std::vector<SendWebhooks> webhooks_{};
  std::string trouble_{};  // of the step at hand: why to pause and connect again
};

}  // namespace rqpp::worker
