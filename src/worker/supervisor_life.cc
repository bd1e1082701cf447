// What the Supervisor decides about the worker's own life among others: that it is known to live,
// whom it inherits from, what it cleans up, and when it goes.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "worker/supervisor.h"

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// As in RQ: who presses Ctrl-C twice by accident does not mean a cold stop.
constexpr auto kSecondStopAfter = 1s;
/// A cold stop waits no longer for the ends of killed horses and for Redis to keep those of jobs.
constexpr auto kColdStop = 10s;

}  // namespace

// ---- other workers

void Supervisor::renew_lease() {
  if (!connected_ || finished_ || now_.steady < lease_.due()) return;
  lease_.sent(now_.steady);
  actions_.emplace_back(RenewLease{});
}

void Supervisor::handle(const LeaseRenewed& event) {
  lease_.acknowledged(now_.steady, event.ends);
  const bool may_inherit = lease_.may_inherit(now_.steady);
  looks_for_lost_ = looks_for_lost_ && !may_inherit && !event.lost_workers.empty();
  if (!may_inherit || stopping_) return;
  for (const std::string& name : event.lost_workers) inherit(name);
}

void Supervisor::inherit(const std::string& lost_worker) {
  inheriting_ += 1;
  actions_.emplace_back(Inherit{lost_worker});
}

void Supervisor::handle(const Inherited& event) {
  inheriting_ = std::max(inheriting_ - 1, 0);
  take_over(event.jobs, event.lost_worker);
  if (event.more && !stopping_) inherit(event.lost_worker);
  if (options_.burst) seek_work();  // some may have gone back into the queues
}

void Supervisor::take_over(const std::vector<ClaimedJob>& jobs, const std::string& lost_worker) {
  busy_ = busy_ || !jobs.empty();  // there is something to count when it rests
  for (const ClaimedJob& job : jobs) {
    Run run{.execution = job.run, .job = job.job, .started = now_};
    run.execution.taken_over = true;
    if (!job.begun) {
      carry_out(run, protocol::PutBack{});
    } else if (job.error.empty()) {
      const std::string& lost = lost_worker.empty() ? job.job.worker_name : lost_worker;
      conclude_lost(std::move(run), judge_lost(job.job, lost, now_.wall));
    } else {
      end_run(std::move(run), failed_with(job.error));
    }
  }
  assign_waiting();  // their callbacks
}

// ---- maintenance

void Supervisor::maintain() {
  if (!connected_ || finished_) return;
  if (auto step = maintenance_.next(now_.steady)) actions_.emplace_back(std::move(*step));
}

void Supervisor::handle(const Maintained& event) {
  take_over(event.jobs, {});
  maintenance_.done(event);
  // What was cleaned up may have put jobs into the queues, so a burst is not over.
  if (!event.jobs.empty() || (options_.burst && maintenance_.idle())) seek_work();
}

// ---- the worker itself

void Supervisor::handle(const Begin&) {
  connected_ = true;
  next_beat_ = now_.steady + options_.idle_heartbeat;
  // The birth has set it; but a burst has to know whether somebody's jobs are still to be taken
  // over.
  lease_.start(now_.steady, now_.steady + (options_.burst ? 0s : LeaseClock::kRenewal));
  looks_for_lost_ = options_.burst;
  maintenance_.begin(now_.steady);
  seek_work();
}

void Supervisor::handle(const Tick&) {}

void Supervisor::beat() {
  if (!connected_ || finished_ || now_.steady < next_beat_) return;
  Beat beat{.runs = {}, .done = std::exchange(done_, {})};
  const auto take = [&beat](protocol::Execution& run) {
    run.shown = true;  // from now on
    beat.runs.push_back(run);
  };
  for (auto& [id, horse] : horses_) {
    if (horse.run) take(horse.run->execution);
  }
  for (Waiting& it : waiting_) {
    if (it.job.run.shown) take(it.job.run);
  }
  for (Run& run : callbacks_) take(run.execution);
  next_beat_ =
      now_.steady + (beat.runs.empty() ? options_.idle_heartbeat : options_.busy_heartbeat);
  actions_.emplace_back(std::move(beat));
}

/// Runs that were to be over by now.
void Supervisor::show_what_lasts() {
  if (!connected_ || finished_) return;
  Show show;
  for (auto& [id, horse] : horses_) {
    if (!horse.run || horse.run->execution.shown || now_.steady < shown_at(*horse.run)) continue;
    horse.run->execution.shown = true;
    show.runs.push_back(horse.run->execution);
  }
  if (!show.runs.empty()) actions_.emplace_back(std::move(show));
}

void Supervisor::handle(const StopRequested&) {
  if (!stopping_) {
    begin_to_stop(StopReason::warm);
    return;
  }
  if (cold_ || now_.steady < stop_requested_at_ + kSecondStopAfter) return;
  cold_ = true;
  cold_deadline_ = now_.steady + kColdStop;
  actions_.emplace_back(AnnounceStop{StopReason::cold});
  for (auto& [id, horse] : horses_) {
    if (horse.run) kill(id, *horse.run, Told::worker_stop);
  }
  end_callbacks_without_horse();
}

void Supervisor::begin_to_stop(StopReason reason) {
  stopping_ = true;
  stop_requested_at_ = now_.steady;
  if (options_.stop_wait) stop_deadline_ = now_.steady + *options_.stop_wait;
  actions_.emplace_back(AnnounceStop{reason});
  if (!watched_.empty()) actions_.emplace_back(Unwatch{});
  maintenance_.stop();
  put_back_waiting();
  seek_work();
}

void Supervisor::stop_when_enough_is_done() {
  if (stopping_) return;
  if (options_.max_jobs && jobs_started_ >= *options_.max_jobs) {
    begin_to_stop(StopReason::jobs_done);
  } else if (options_.max_idle && idle_since_ && now_.steady >= *idle_since_ + *options_.max_idle &&
             !suspended_) {
    begin_to_stop(StopReason::idle);
  }
}

void Supervisor::finish_if_done() {
  if (!finished_ && cold_deadline_ && now_.steady >= *cold_deadline_) {
    actions_.emplace_back(
        Warn{fmt::format("the cold stop takes too long: {} jobs still run, and Redis has not kept "
                         "the ends of {}; other workers will find them",
                         running(), unacknowledged_)});
    finished_ = true;
    actions_.emplace_back(Finish{});
    return;
  }
  const bool nothing_to_do = (empty_ && !looks_for_lost_) || suspended_ || none_served();
  const bool over = stopping_ || (options_.burst && connected_ && nothing_to_do);
  if (finished_ || !over || running() > 0 || !waiting_.empty() || !callbacks_.empty()) return;
  // The lock of a maintenance that cannot be given back runs out.
  const bool maintained = maintenance_.idle() || !connected_;
  const bool redis_done = is_idle() && inheriting_ == 0 && unacknowledged_ == 0 &&
                          watched_.empty() && arrivals_.empty() && maintained;
  // Without Redis nothing can be settled; who asks twice does not want to wait for its return.
  if (!redis_done && (connected_ || !cold_)) return;
  finished_ = true;
  actions_.emplace_back(Finish{});
}

Moment::Steady Supervisor::next_tick() const {
  Moment::Steady next = Moment::Steady::max();
  const auto at = [&next](const std::optional<Moment::Steady>& time) {
    if (time) next = std::min(next, *time);
  };
  if (connected_) next = std::min({next_beat_, lease_.due(), maintenance_.due()});
  if (!ends_.empty()) at(tell_ends_at_);
  at(fork_after_);
  at(patience_ends());
  if (stopping_ && stop_deadline_ > now_.steady) at(stop_deadline_);
  at(cold_deadline_);
  if (!stopping_ && options_.max_idle && idle_since_) at(*idle_since_ + *options_.max_idle);
  for (const auto& [id, horse] : horses_) {
    if (!horse.run) continue;
    at(horse.run->deadline);
    at(horse.run->kill_at);
    if (connected_ && !horse.run->execution.shown) at(shown_at(*horse.run));
    if (horse.row.empty()) continue;
    // What it has noted is looked at each time.
    at(now_.steady + Pace::kLongestHold);
    if (!horse.recalled) at(shown_at(*horse.run));
  }
  return next;
}

}  // namespace rqpp::worker
