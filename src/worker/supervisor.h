#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "protocol/transitions.h"
#include "worker/condition.h"
#include "worker/events.h"
#include "worker/lease_clock.h"
#include "worker/maintenance.h"
#include "worker/pace.h"
#include "worker/queue_order.h"
#include "worker/verdict.h"

namespace rqpp::worker {

/// Decides what a worker does: `on(event, now) → actions`.
///
/// It knows no socket, process or clock, so a test is a list of events and the actions expected.
/// `Worker` performs the actions and reports back what came of them as events.
///
///     job      claimed ─▶ waits for a horse ─▶ runs ─▶ its callback for this end runs, if it has one
///                      ─▶ settled, or put back to run again
///     horse    being forked ─▶ ready ─▶ runs a job, or a row of quick ones ─▶ ready, or leaving
///     queues   asked (claims in flight) ─▶ empty: watched (a blocking wait on each)
///                                       ─▶ a job arrives: asked
class Supervisor {
 public:
  struct Options {
    std::vector<std::string> queues{};
    DequeueStrategy strategy = DequeueStrategy::ordered;
    std::vector<int> weights{};  ///< Of the queues; none: all alike.
    std::uint32_t seed = 0;      ///< For what is left to chance.
    int horses = 1;              ///< Jobs that may run at once; 1 or more.
    int jobs_per_horse = 1;      ///< Jobs before a horse is replaced by a fresh one; 1 or more.
    bool burst = false;          ///< End when the queues are empty.
    std::optional<std::int64_t> max_jobs{};           ///< End after so many jobs.
    std::optional<std::chrono::seconds> max_idle{};   ///< End after so long without a job.
    std::optional<std::chrono::seconds> stop_wait{};  ///< How long a warm stop waits for jobs.
    Interrupted interrupted = Interrupted::put_back;
    std::int64_t max_horse_memory = 0;  ///< Peak in bytes above which a horse is replaced; 0: none.
    /// Between the soft end of a job (SIGTERM at its timeout) and SIGKILL.
    std::chrono::seconds grace{5};
    std::chrono::seconds idle_heartbeat{60};
    std::chrono::seconds busy_heartbeat{30};
    std::chrono::seconds maintenance_interval{0};  ///< 0: never.
  };

  explicit Supervisor(Options options);

  Actions on(Event event, Moment now);

  /// When `Tick` is due next, if nothing happens before.
  Moment::Steady next_tick() const;

  Condition condition() const {
    return {.running = running(),
            .connected = connected_,
            .suspended = suspended_,
            .stopping = stopping_ || finished_};
  }

 private:
  /// A job has ended; its callback is told so before it is settled.
  struct Epilogue {
    protocol::JobCallback callback{};
    std::string told{};
    Verdict verdict{};     // what becomes of the job after it
    bool settled = false;  // it is settled already
  };
  struct Run {
    protocol::Execution execution{};
    protocol::JobRecord job{};
    Moment started{};
    std::optional<Moment::Steady> deadline{};
    std::optional<Moment::Steady> kill_at{};  // set once the job was asked to end
    Told told = Told::nothing;
    bool last = false;              // the horse goes after it
    std::optional<Moment> ended{};  // the job, while its callback runs
    std::optional<Epilogue> epilogue{};
  };
  struct Waiting {
    ClaimedJob job{};
    Moment::Steady since{};
    bool stop = false;  // somebody has asked for that
  };
  enum class Phase : std::uint8_t { forking, ready, running, leaving };
  struct Horse {
    Phase phase = Phase::forking;
    bool old = false;  // of a stable that was replaced
    int jobs_done = 0;
    std::optional<Run> run{};
    std::deque<Waiting> row{};  // what it has been given behind `run`, and has not begun
    bool recalled = false;      // that is to come back
  };

  void handle(const Begin& event);
  void handle(const HorseReady& event);
  void handle(const HorseNotForked& event);
  void handle(const HorseEnded& event);
  void handle(JobEnded&& event);
  void handle(const Recalled& event);
  void handle(const MetaSaved& event);
  void handle(Claimed&& event);
  void handle(const Arrived& event);
  void handle(const NothingArrived& event);
  void handle(const SettleAcknowledged& event);
  void handle(const StopRequested& event);
  void handle(const ReloadRequested& event);
  void handle(const KillHorses& event);
  void handle(const StopRun& event);
  void handle(const Suspended& event);
  void handle(const Resumed& event);
  void handle(const QueuesPaused& event);
  void handle(const LeaseRenewed& event);
  void handle(const Inherited& event);
  void handle(const Maintained& event);
  void handle(const RedisLost& event);
  void handle(const RedisBack& event);
  void handle(const Tick& event);

  // horses
  void start(int horse, std::deque<Waiting> jobs);
  std::deque<Waiting> take_row(const Horse& horse);
  void begin_next(int id, Horse& horse, Moment when);
  void recall(int id, Horse& horse);
  void recall_what_waits_too_long();
  void return_row(Horse& horse);
  bool is_too_big(const Usage& usage) const;
  void retire(int id, Horse& horse);
  void assign_waiting();
  void fork_horses();
  void enforce_deadlines();
  static void note_told(Run& run, Told told);
  void ask_to_end(int id, Run& run, Told told);
  void kill(int id, Run& run, Told told);

  // jobs
  std::optional<Moment::Steady> deadline_after(std::int64_t seconds) const;
  void end_run(Run run, Outcome outcome, const std::string& written = {});
  Verdict judge_safely(const protocol::JobRecord& job, Told told, Outcome outcome) const;
  void carry_out(Run run, Verdict verdict);
  void tell_ends();
  void tell_ends_if_due();
  void put_back_what_waits_too_long();
  void put_back_waiting();
  void put_back_last();
  void put_back_what_is_not_served();

  // callbacks
  void conclude(Run run, Verdict verdict, std::string error);
  void conclude_lost(Run run, Verdict verdict);
  void call_back(Run run, Epilogue epilogue);
  void start_callback(int id);
  void end_callback(Run run, Outcome outcome, const std::string& written);
  void note_failed_callback(const Run& run, Epilogue epilogue, const std::string& error);
  void end_callbacks_without_horse();

  // queues
  bool wants_work() const { return !stopping_ && !suspended_ && !none_served(); }
  void leave_to_others(const std::string& queue, const std::string& why);
  void end_waits_on_what_is_not_served();
  void seek_work();
  int claimable(int wanted) const;
  bool begin_ahead();
  void took(const std::vector<ClaimedJob>& jobs);
  std::int64_t waiting_begin();
  void take_arrival(const Claimed& event);
  void give_arrivals_back();
  void claim(int count, int at_once);
  void watch_queues();
  void rest_if_idle();
  void name_what_runs();

  // the worker
  void begin_to_stop(StopReason reason);
  void stop_when_enough_is_done();
  void finish_if_done();
  void renew_lease();
  void inherit(const std::string& lost_worker);
  void take_over(const std::vector<ClaimedJob>& jobs, const std::string& lost_worker);
  void maintain();
  void beat();
  void show_what_lasts();

  /// The wall time may have been set since.
  Moment at(Moment::Steady steady) const {
    return {.steady = steady,
            .wall = now_.wall - std::chrono::duration_cast<Time::duration>(now_.steady - steady)};
  }
  static Moment::Steady shown_at(const Run& run) { return run.started.steady + Pace::kLongestWait; }
  int running() const;
  int idle_horses() const;
  int slots_ahead() const;
  std::optional<Moment::Steady> patience_ends() const;
  bool is_idle() const {
    return running() == 0 && waiting_.empty() && callbacks_.empty() && asked_ == 0;
  }
  bool all_watched() const;
  bool is_served(const std::string& queue) const {
    return !paused_.contains(queue) && !left_.contains(queue);
  }
  bool none_served() const;

  Options options_;
  Actions actions_{};  // of the event at hand
  Moment now_{};       // of the event at hand

  std::map<int, Horse> horses_{};
  int last_horse_ = 0;
  std::optional<Moment::Steady> fork_after_{};  // set when forking fails or horses die unused

  QueueOrder order_;
  std::set<std::string> paused_{};  // of our queues
  std::set<std::string> left_{};    // to workers that can load the modules of their jobs
  Pace pace_{};
  std::deque<Waiting> waiting_{};  // claimed, but no horse is ready yet
  std::vector<Settle> ends_{};     // of runs, not told to Redis yet
  Moment::Steady tell_ends_at_{};  // at the latest
  std::deque<Run> callbacks_{};    // jobs that have ended, and no horse is ready for their callback
  std::int64_t jobs_started_ = 0;
  int asked_ = 0;                    // jobs that claims in flight may bring
  int inheriting_ = 0;               // Inherits in flight
  int unacknowledged_ = 0;           // ends of runs that Redis has not answered yet
  std::set<std::string> watched_{};  // queues with a wait on each: they are known to be empty
  std::vector<Arrived> arrivals_{};  // in the inbox, and no claim has been sent for them yet
  std::vector<Arrived> offered_{};   // the same, with a claim in flight that may take them
  bool uncertain_ = true;            // after a start or an outage: an arrival may lie in the inbox
  bool looks_for_lost_ = false;  // a burst waits until it knows of lost workers, and may inherit
  bool empty_ = false;           // the last claim found nothing more
  bool busy_ = true;             // as Redis has been told; true at first, to say so once
  std::string named_{};          // the job that Redis was told runs here
  bool connected_ = false;
  bool suspended_ = false;
  bool stopping_ = false;
  bool cold_ = false;
  bool finished_ = false;
  Moment::Steady stop_requested_at_{};
  std::optional<Moment::Steady> stop_deadline_{};
  std::optional<Moment::Steady> cold_deadline_{};  // of a cold stop, whatever is missing then
  std::optional<Moment::Steady> idle_since_{};
  LeaseClock lease_{};
  Maintenance maintenance_;
  protocol::WorkDone done_{};  // since the last heartbeat
  Moment::Steady next_beat_{};
};

}  // namespace rqpp::worker
