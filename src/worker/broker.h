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
#include "protocol/once.h"
#include "protocol/queries.h"
#include "protocol/rights.h"
#include "protocol/worker_record.h"
#include "redis/connection.h"
#include "worker/arrival_wait.h"
#include "worker/events.h"
#include "worker/job_log.h"
#include "worker/large_writes.h"
#include "worker/listener.h"
#include "worker/meta_writes.h"
#include "worker/run_ledger.h"
#include "worker/run_writes.h"
#include "worker/write.h"

namespace rqpp::worker {

/// The worker's dealings with Redis: what the Supervisor decides goes out as commands, all of one
/// wake-up in one write; what comes back becomes events.
///
/// When the connection breaks it says so once, waits and connects again by itself. What must not be
/// lost, the ends of jobs above all, is kept until Redis has acknowledged it and sent again after
/// an outage. That is safe: a run is settled only while it holds its job, so a second time changes
/// nothing, and what jobs enqueue is numbered.
///
/// What Redis will never execute is given up: the run at fault fails with the reason. Nothing that
/// Redis answers ends the worker: a reply that cannot be read costs the connection.
class Broker {
 public:
  struct Options {
    protocol::WorkerRecord worker{};  ///< With what it is born.
    protocol::WorkerLife life{};
    std::chrono::seconds lease{90};                             ///< Of a run, for RQ's cleaners.
    std::vector<protocol::Role> roles{protocol::Role::worker};  ///< Whose rights it needs.
    std::chrono::seconds result_ttl{500};
    bool describe_jobs = true;  ///< In the log.
  };

  Broker(Options options, redis::Settings settings, base::Log log);

  /// Connects and registers the worker; blocks, for some seconds if a worker of its name has died
  /// just now. Returns what the Supervisor must know before it begins. Throws ConnectionError,
  /// CommandError with the rights that its user lacks, and InvalidArgument if a living worker has
  /// its name.
  std::vector<Event> begin(Time now);

  void perform(Settle action);
  void perform(const Claim& action, Time now);
  void perform(const BeginAhead& action);
  void perform(const Watch& action);
  void perform(const Unwatch& action);
  void perform(const GiveBack& action);
  void perform(const PutBack& action, Time now);
  void perform(const Beat& action, Time now);
  void perform(const Show& action, Time now);
  void perform(const NameJob& action);
  void perform(const Rest& action);
  void perform(const RenewLease& action);
  void perform(const Inherit& action, Time now);
  void perform(const Maintain& action, Time now);
  void announce_stop(Time now);
  /// What a job asks for while it runs; `take_receipts` tells when Redis has it.
  void save_meta(MetaWrites::Write write);
  void enqueue(const std::string& job_id, const EnqueueRequest& request,
               const Receipt& receipt = {});

  /// True once commands to this worker are heard, or Redis has refused that and is asked again.
  bool listens() const { return listener_.connection().listening() || listen_at_.has_value(); }

  /// Appends what to poll for.
  void watch(std::vector<pollfd>& fds) const;
  /// When `step` wants to be called at the latest, whatever poll says.
  Moment::Steady next_step() const;
  /// Reads, sends and reconnects, as far as that goes without blocking.
  std::vector<Event> step(std::span<const pollfd> fds, Moment now);
  /// Gives the connection up and makes another: the answer to something will not come.
  void start_over(const std::string& why) { lose(why); }
  /// Sends all that was performed since the last time, in one write.
  void flush(Moment now);
  /// Of what jobs have asked for: what Redis has taken or refused since the last time.
  std::vector<Receipt> take_receipts();
  /// Of the ends that Redis has kept since the last time.
  std::vector<SendWebhooks> take_webhooks() { return std::exchange(webhooks_, {}); }

  /// Unregisters the worker; blocks. Never throws: a worker that Redis forgot is gone as well.
  void end(Time now) noexcept;

 private:
  using Replies = Write::Replies;
  using Outage = Write::Outage;
  static constexpr int kMostTakenOver = 32;  // runs, by one script
  /// The dependents of a job that has ended, as far as they have not been told yet.
  struct Telling {
    protocol::Release slice{};  // being told
    protocol::Page rest{};      // behind it
    std::size_t queued = 0;     // so far
    bool settles = false;       // of a run that ended here
  };
  enum class State : std::uint8_t { down, connecting, recovering, up };

  void add(Write write);
  std::chrono::seconds result_ttl(const Settle& end) const;
  void end_run(Settle end, const std::string& refusal);
  void put_back(const PutBack& action, Time now);
  void write_for(const std::string& job_id, const std::function<redis::Batch()>& make,
                 std::function<void()> done);
  void write_meta(MetaWrites::Write write);
  void write_last_meta(const std::string& job_id);
  void settle_now(const Settle& end);
  void fail_instead(const Settle& end, const std::string& text);
  void write_end(const Settle& end, std::function<void(const std::string& why)> on_refused);
  void take_settled(const Settle& end, const std::optional<SendWebhooks>& webhooks,
                    const redis::Reply& reply);
  void take_finished(const std::vector<Settle>& ends, const redis::Reply& reply);
  void finish_now();
  void dispatch(std::vector<Write> writes);
  void take(Write& write, Replies replies);
  void take_aside(Write& write, Replies replies);
  void refused(Write write, const std::string& error);
  void give_up(const Write& write, const std::string& why);
  void ask_whether_rights_are_missing(Write refused, const std::string& error);
  void read_replies();
  std::optional<SendWebhooks> webhooks_of(const Settle& end) const;
  void unblock(const std::string& queue);
  void end_old_waits();
  void look_for_arrivals();
  void take_look(const std::string& queue, redis::Reply& reply);
  std::optional<ArrivalWait::End> read_wait(ArrivalWait& wait);
  void step_connection(redis::Connection& connection, std::span<const pollfd> fds);
  void step_all(std::span<const pollfd> fds);
  void step_listener(std::span<const pollfd> fds);
  void step_arrivals(std::span<const pollfd> fds);
  void step_large(std::span<const pollfd> fds);
  void ask_for_suspension();
  bool schedules() const;
  void warn_of_unscheduled(Replies replies);
  void tell_dependents(Telling telling);
  void take_told(Telling telling, const redis::Reply& reply);
  void finish_releases();
  void finish_release(const std::string& job_id);
  void connect_if_due();
  void recover();
  void reconcile(const std::vector<protocol::Standing::Run>& in_redis);
  void take_recovered(const RunLedger::Difference& difference, Replies replies);
  bool drop_if_not_its_job(const ClaimedJob& job, const protocol::Standing::Run& run);
  ClaimedJob recovered(const protocol::Standing::Run& run, const redis::Reply& fields) const;
  void be_born_again();
  void take_birth(const redis::Reply& answer);
  void come_back();
  bool has_its_rights(const redis::Reply& answer);
  void take_rights(const protocol::MissingRights& missing);
  void tell_back(std::set<std::string> gone);
  void take_renewal(const redis::Reply& reply);
  void take_shown(const redis::Reply& reply);
  void take_listed(const protocol::Standing& standing);
  enum class Loss : std::uint8_t { connection, refusal };
  void lose(const std::string& why, Loss loss = Loss::connection);
  std::vector<std::string> new_executions(int count, const RunLedger::Asked& asked);
  void took_none(const std::vector<std::string>& execution_ids);
  void take_claim(redis::Reply reply, const Claim& asked, const protocol::ClaimRequest& request);
  void take_pauses(const redis::Reply& reply);
  void ask_when_they_end(const protocol::Pauses& pauses);
  void take_inheritance(const redis::Reply& reply, const std::string& lost_worker,
                        const std::vector<std::string>& ids);
  void take_abandoned(const Maintain& action, Time now);
  void leave_maintenance();
  Maintained read_abandoned(const redis::Reply& reply, const std::string& queue);
  void hand_over(Claimed claimed);
  void take_arrival(const std::string& queue, ArrivalWait::End end);
  void name_bad_key(const std::string& key);
  void wait_for_lists();
  ClaimedJob read_claimed(protocol::Execution run, std::span<const redis::Reply> fields) const;

  Options options_;
  protocol::Claimant self_;     // who this worker is at the moment, to Redis
  std::int64_t claims_ = 1;     // sent so far, and one
  std::string lease_ends_{};    // as Redis has said last
  bool given_up_ = false;       // which the Supervisor has not been told yet
  bool name_is_taken_ = false;  // by another process, since this one was given up
  std::optional<Moment::Steady> name_taken_since_{};  // perhaps
  redis::Settings settings_;
  base::Log log_;
  JobLog job_log_;
  redis::Connection connection_;
  Listener listener_;
  std::optional<Moment::Steady> listen_at_{};   // when to connect it again, if it alone was lost
  std::string deaf_because_{};                  // as was said last
  std::map<std::string, ArrivalWait> waits_{};  // by queue
  std::vector<std::string> old_waits_{};        // clients of lost connections that may still wait
  bool unwatching_ = false;                     // the waits are to be ended
  bool can_wait_ = true;                        // BLMOVE is allowed
  bool can_end_waits_ = true;                   // CLIENT ID and CLIENT UNBLOCK are
  std::map<std::string, Moment::Steady> looks_{};  // without waits: when to look at each queue
  std::set<std::string> unscheduled_{};            // queues that the log has named
  // Queues whose keys are no lists: when they are waited on again.
  std::map<std::string, Moment::Steady> no_lists_{};
  std::set<std::string> bad_keys_{};               // that the log has named
  std::optional<Moment::Steady> pauses_end_at_{};  // the first pause that ends by itself

  State state_ = State::down;
  int failures_ = 0;
  Moment::Steady retry_at_{};
  Moment::Steady lost_at_{};
  Moment::Steady up_since_{};
  std::string lost_because_{};  // as the log said last
  Moment now_{};                // of the step at hand

  std::vector<Settle> finishing_{};  // they leave together, before what comes next
  RunWrites run_writes_{};
  LargeWrites large_;
  protocol::NumberedWrites enqueued_;  // by jobs that run here
  std::deque<Write> outgoing_{};
  std::deque<std::vector<Write>> sent_{};  // one per batch that Redis has not answered yet
  RunLedger ledger_{};
  std::set<std::string> announced_queues_{};
  MetaWrites metas_{};
  std::vector<Receipt> receipts_{};
  std::vector<Event> events_{};  // of the step at hand
  std::vector<SendWebhooks> webhooks_{};
  std::string trouble_{};  // of the step at hand: why to pause and connect again
};

}  // namespace rqpp::worker
