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
#include "worker/events.h"

namespace rqpp::worker {

/// Decides what a worker does: `on(event, now) → actions`.
///
/// It knows no socket, process or clock, so a test is a list of events and the actions expected.
/// `Worker` performs the actions and reports back what came of them as events.
///
///     job      claimed ─▶ waits for a horse ─▶ runs ─▶ settled
///     horse    being forked ─▶ ready ─▶ runs a job ─▶ ready again, or retired after its share of
///     jobs queues   asked (claims in flight) ─▶ empty: watched (a blocking wait on each) ─▶ an
///     arrival: asked
class Supervisor {
 public:
  struct Options {
    std::vector<std::string> queues{};
    int horses = 1;          ///< Jobs that may run at once; 1 or more.
    int jobs_per_horse = 1;  ///< Jobs before a horse is replaced by a fresh one; 1 or more.
    bool burst = false;      ///< End when the queues are empty.
    /// Between the soft end of a job (SIGTERM at its timeout) and SIGKILL.
    std::chrono::seconds grace{5};
    std::chrono::seconds idle_heartbeat{60};
    std::chrono::seconds busy_heartbeat{30};
  };

  explicit Supervisor(Options options);

  Actions on(const Event& event, Moment now);

  /// When `Tick` is due next, if nothing happens before.
  Moment::Steady next_tick() const;

 private:
  struct Run {
    protocol::Execution execution{};
    protocol::JobRecord job{};
    Time started{};
    std::optional<Moment::Steady> deadline{};
    std::optional<Moment::Steady> kill_at{};  // set once the job was asked to end
    bool stopped = false;                     // by a cold stop of the worker
  };
  enum class Phase : std::uint8_t { forking, ready, running, leaving };
  struct Horse {
    Phase phase = Phase::forking;
    int jobs_done = 0;
    std::optional<Run> run{};
  };

  void handle(const Begin& event);
  void handle(const HorseReady& event);
  void handle(const HorseNotForked& event);
  void handle(const HorseEnded& event);
  void handle(const JobEnded& event);
  void handle(const Claimed& event);
  void handle(const Arrived& event);
  void handle(const NothingArrived& event);
  void handle(const SettleAcknowledged& event);
  void handle(const StopRequested& event);
  void handle(const RedisLost& event);
  void handle(const RedisBack& event);
  void handle(const Tick& event);

  void settle(const Run& run, Outcome outcome, const std::string& written = {});
  void start(int horse, ClaimedJob job);
  void assign_waiting();
  void fork_horses();
  void seek_work();
  void claim(int count);
  void watch_queues();
  void rest_if_idle();
  void finish_if_done();
  void enforce_deadlines();
  void beat();
  int running() const;
  int free_slots() const;
  bool all_watched() const { return watched_.size() == options_.queues.size(); }

  Options options_;
  Actions actions_{};  // of the event at hand
  Moment now_{};       // of the event at hand

  std::map<int, Horse> horses_{};
  int last_horse_ = 0;
  std::optional<Moment::Steady> fork_after_{};  // set when forking fails or horses die unused

  std::deque<ClaimedJob> waiting_{};  // claimed, but no horse is ready yet
  int asked_ = 0;                     // jobs that claims in flight may bring
  int unacknowledged_ = 0;            // settles that Redis has not answered yet
  std::set<std::string> watched_{};   // queues with a wait on each: they are known to be empty
  std::vector<Arrived> arrivals_{};   // in the inbox, and no claim has been sent for them yet
  std::vector<Arrived> offered_{};    // the same, with a claim in flight that may take them
  bool look_into_inbox_ = true;  // after a start or an outage: somebody's arrival may lie there
  bool empty_ = false;           // the last claim found nothing more
  bool busy_ = true;             // as Redis has been told; true at first, to say so once
  bool connected_ = false;
  bool stopping_ = false;
  bool cold_ = false;
  bool finished_ = false;
  Moment::Steady stop_requested_at_{};
  protocol::WorkDone done_{};  // since the last heartbeat
  Moment::Steady next_beat_{};
};

}  // namespace rqpp::worker
