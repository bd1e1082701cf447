#include "worker/supervisor.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "worker/output_tail.h"

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// A fork that failed, or a horse that died before its first job, is no reason for a tight loop.
constexpr auto kForkPause = 1s;
/// As in RQ: who presses Ctrl-C twice by accident does not mean a cold stop.
constexpr auto kSecondStopAfter = 1s;
/// One claim takes at most this many, so that its script stays short.
constexpr int kMostPerClaim = 32;

Outcome failure(const std::string& text) {
  return {.kind = Outcome::Kind::error, .exc_info = text, .summary = text};
}

std::string timeout_text(const protocol::JobRecord& job) {
  // RQ's words, so that whoever looks for them finds them.
  return fmt::format(
      "rq.timeouts.JobTimeoutException: Task exceeded maximum timeout value ({} seconds)",
      job.timeout_seconds.value_or(0));
}

}  // namespace

Supervisor::Supervisor(Options options) : options_(std::move(options)) {}

Actions Supervisor::on(const Event& event, Moment now) {
  actions_.clear();
  now_ = now;
  std::visit([this](const auto& it) { handle(it); }, event);
  enforce_deadlines();
  fork_horses();
  beat();
  finish_if_done();
  return std::move(actions_);
}

void Supervisor::handle(const Begin&) {
  connected_ = true;
  next_beat_ = now_.steady + options_.idle_heartbeat;
  seek_work();
}

// ---- horses
// ---------------------------------------------------------------------------------------

void Supervisor::handle(const HorseReady& event) {
  const auto found = horses_.find(event.horse);
  if (found == horses_.end() || found->second.phase != Phase::forking) return;
  found->second.phase = Phase::ready;
  assign_waiting();
}

void Supervisor::handle(const HorseNotForked& event) {
  horses_.erase(event.horse);
  fork_after_ = now_.steady + kForkPause;
}

void Supervisor::handle(const HorseEnded& event) {
  const auto found = horses_.find(event.horse);
  if (found == horses_.end()) return;
  const Horse horse = std::move(found->second);
  horses_.erase(found);
  if (horse.run) {
    Outcome outcome = failure(event.exit);
    outcome.usage = event.usage;
    settle(*horse.run, std::move(outcome), event.written);
    seek_work();
  } else if (horse.phase != Phase::leaving) {
    fork_after_ = now_.steady + kForkPause;
  }
}

void Supervisor::handle(const JobEnded& event) {
  const auto found = horses_.find(event.horse);
  if (found == horses_.end() || !found->second.run) return;
  Horse& horse = found->second;
  const Run run = std::move(*horse.run);
  horse.run.reset();
  horse.jobs_done += 1;
  settle(run, event.outcome, event.written);
  // A horse that was asked to end its job may still carry the signal: it is not used again.
  if (horse.jobs_done >= options_.jobs_per_horse || run.kill_at) {
    horse.phase = Phase::leaving;
    actions_.emplace_back(RetireHorse{event.horse});
  } else {
    horse.phase = Phase::ready;
  }
  seek_work();
}

void Supervisor::fork_horses() {
  if (finished_ || (stopping_ && waiting_.empty())) return;
  if (fork_after_ && now_.steady < *fork_after_) return;
  fork_after_.reset();
  const auto used = std::count_if(horses_.begin(), horses_.end(), [](const auto& item) {
    return item.second.phase != Phase::leaving;
  });
  // With a horse per job, one is forked ahead: the next job does not wait for its fork.
  const int wanted = options_.horses + (options_.jobs_per_horse == 1 ? 1 : 0);
  for (auto missing = wanted - used; missing > 0; --missing) {
    horses_[++last_horse_] = Horse{};
    actions_.emplace_back(ForkHorse{last_horse_});
  }
}

void Supervisor::assign_waiting() {
  for (auto& [id, horse] : horses_) {
    if (waiting_.empty()) return;
    if (horse.phase != Phase::ready) continue;
    ClaimedJob job = std::move(waiting_.front());
    waiting_.pop_front();
    start(id, std::move(job));
  }
}

void Supervisor::start(int id, ClaimedJob claimed) {
  Horse& horse = horses_.at(id);
  horse.phase = Phase::running;
  const std::int64_t timeout = claimed.job.timeout_seconds.value_or(-1);
  horse.run = Run{.execution = claimed.run, .job = claimed.job, .started = now_.wall};
  // Beyond a century a timeout is none, and the sum below stays in range.
  constexpr std::int64_t kCentury = 100LL * 366 * 86400;
  if (timeout > 0 && timeout < kCentury) {
    horse.run->deadline = now_.steady + std::chrono::seconds(timeout);
  }
  next_beat_ = std::min(next_beat_, now_.steady + options_.busy_heartbeat);
  actions_.emplace_back(Assign{id, std::move(claimed.job), std::move(claimed.run)});
}

void Supervisor::settle(const Run& run, Outcome outcome, const std::string& written) {
  protocol::RunTimes times{.started = run.started, .ended = now_.wall};
  if (outcome.usage != Usage{}) times.usage = outcome.usage;
  if (times.usage) times.usage->wall = std::max(now_.wall - run.started, 0us);
  if (run.stopped) {
    outcome =
        failure("Work-horse terminated: the worker was told twice to stop while the job ran.");
  } else if (run.kill_at) {
    outcome = failure(timeout_text(run.job));
  }
  if (outcome.kind == Outcome::Kind::error) {
    outcome.exc_info = with_output(std::move(outcome.exc_info), written);
  }
  done_.succeeded += outcome.kind == Outcome::Kind::value ? 1 : 0;
  done_.failed += outcome.kind == Outcome::Kind::error ? 1 : 0;
  done_.working_time += std::max(now_.wall - run.started, 0us);
  unacknowledged_ += 1;
  actions_.emplace_back(Settle{run.job, run.execution, std::move(outcome), times});
}

void Supervisor::enforce_deadlines() {
  for (auto& [id, horse] : horses_) {
    if (!horse.run) continue;
    Run& run = *horse.run;
    if (run.deadline && now_.steady >= *run.deadline) {
      run.deadline.reset();
      run.kill_at = now_.steady + options_.grace;
      actions_.emplace_back(SignalHorse{id, SIGTERM});
    } else if (run.kill_at && now_.steady >= *run.kill_at) {
      run.kill_at = now_.steady + options_.grace;
      actions_.emplace_back(SignalHorse{id, SIGKILL});
    }
  }
}

// ---- queues
// ---------------------------------------------------------------------------------------

void Supervisor::handle(const Claimed& event) {
  asked_ -= event.asked;
  empty_ = !event.more && event.jobs.size() < static_cast<std::size_t>(event.asked);
  busy_ = busy_ || !event.jobs.empty();
  for (const ClaimedJob& job : event.jobs) {
    std::erase_if(offered_, [&](const Arrived& it) { return it.job_id == job.run.job_id; });
    if (job.error.empty()) {
      waiting_.push_back(job);
    } else {
      settle({.execution = job.run, .job = job.job, .started = now_.wall}, failure(job.error));
    }
  }
  // A claim that found less than it wanted has seen the whole inbox; else the rest is still there.
  if (!empty_) arrivals_.insert(arrivals_.end(), offered_.begin(), offered_.end());
  offered_.clear();
  assign_waiting();
  if (empty_ && arrivals_.empty()) {
    watch_queues();
    rest_if_idle();
  } else {
    seek_work();
  }
}

void Supervisor::handle(const Arrived& event) {
  watched_.erase(event.queue);
  arrivals_.push_back(event);
  seek_work();
}

void Supervisor::handle(const NothingArrived& event) {
  watched_.erase(event.queue);
  if (empty_) watch_queues();
}

/// Asks for as many jobs as there are free slots, unless every queue is known to be empty.
void Supervisor::seek_work() {
  if (!connected_ || finished_) return;
  const int wanted = stopping_ ? 0 : std::min(free_slots() - asked_, kMostPerClaim);
  if (wanted > 0 && !all_watched()) {
    claim(wanted);
  } else if (asked_ == 0 && (stopping_ || free_slots() <= 0)) {
    // What arrived is not for us: a waiting worker shall have it at once.
    for (const Arrived& arrival : arrivals_) {
      actions_.emplace_back(GiveBack{arrival.queue, arrival.job_id});
    }
    arrivals_.clear();
  }
}

void Supervisor::claim(int count) {
  asked_ += count;
  actions_.emplace_back(Claim{count, look_into_inbox_ || !arrivals_.empty()});
  look_into_inbox_ = false;
  offered_.insert(offered_.end(), arrivals_.begin(), arrivals_.end());
  arrivals_.clear();
}

void Supervisor::watch_queues() {
  if (options_.burst || stopping_ || !connected_ || free_slots() <= 0) return;
  for (const std::string& queue : options_.queues) {
    if (watched_.insert(queue).second) actions_.emplace_back(Watch{queue});
  }
}

void Supervisor::rest_if_idle() {
  if (!busy_ || running() > 0 || !waiting_.empty() || asked_ > 0 || !connected_) return;
  busy_ = false;
  actions_.emplace_back(BecomeIdle{std::exchange(done_, {})});
}

// ---- Redis
// ----------------------------------------------------------------------------------------

void Supervisor::handle(const SettleAcknowledged&) { unacknowledged_ -= 1; }

void Supervisor::handle(const RedisLost&) {
  connected_ = false;
  asked_ = 0;
  watched_.clear();
  arrivals_.clear();
  offered_.clear();
  look_into_inbox_ = true;
  empty_ = false;
}

void Supervisor::handle(const RedisBack&) {
  connected_ = true;
  next_beat_ = now_.steady;
  seek_work();
}

void Supervisor::handle(const Tick&) {}

void Supervisor::beat() {
  if (!connected_ || finished_ || now_.steady < next_beat_) return;
  Beat beat{.runs = {}, .done = std::exchange(done_, {})};
  for (const auto& [id, horse] : horses_) {
    if (horse.run) beat.runs.push_back(horse.run->execution);
  }
  for (const ClaimedJob& job : waiting_) beat.runs.push_back(job.run);
  next_beat_ =
      now_.steady + (beat.runs.empty() ? options_.idle_heartbeat : options_.busy_heartbeat);
  actions_.emplace_back(std::move(beat));
}

// ---- the end
// --------------------------------------------------------------------------------------

void Supervisor::handle(const StopRequested&) {
  if (!stopping_) {
    stopping_ = true;
    stop_requested_at_ = now_.steady;
    actions_.emplace_back(AnnounceStop{.cold = false});
    if (!watched_.empty()) actions_.emplace_back(Unwatch{});
    seek_work();
    return;
  }
  if (cold_ || now_.steady < stop_requested_at_ + kSecondStopAfter) return;
  cold_ = true;
  actions_.emplace_back(AnnounceStop{.cold = true});
  for (auto& [id, horse] : horses_) {
    if (!horse.run) continue;
    horse.run->stopped = true;
    actions_.emplace_back(SignalHorse{id, SIGKILL});
  }
  for (const ClaimedJob& job : std::exchange(waiting_, {})) {
    settle({.execution = job.run, .job = job.job, .started = now_.wall, .stopped = true}, {});
  }
}

void Supervisor::finish_if_done() {
  const bool over = stopping_ || (options_.burst && empty_ && connected_);
  if (finished_ || !over || running() > 0 || !waiting_.empty()) return;
  const bool redis_done =
      asked_ == 0 && unacknowledged_ == 0 && watched_.empty() && arrivals_.empty();
  // Without Redis nothing can be settled; who asks twice does not want to wait for its return.
  if (!redis_done && (connected_ || !cold_)) return;
  rest_if_idle();
  finished_ = true;
  actions_.emplace_back(Finish{});
}

// ---- state
// ----------------------------------------------------------------------------------------

int Supervisor::running() const {
  return static_cast<int>(std::count_if(horses_.begin(), horses_.end(), [](const auto& item) {
    return item.second.run.has_value();
  }));
}

int Supervisor::free_slots() const {
  return options_.horses - running() - static_cast<int>(waiting_.size());
}

Moment::Steady Supervisor::next_tick() const {
  Moment::Steady next = next_beat_;
  if (!connected_) next = Moment::Steady::max();
  if (fork_after_) next = std::min(next, *fork_after_);
  for (const auto& [id, horse] : horses_) {
    if (!horse.run) continue;
    if (horse.run->deadline) next = std::min(next, *horse.run->deadline);
    if (horse.run->kill_at) next = std::min(next, *horse.run->kill_at);
  }
  return next;
}

}  // namespace rqpp::worker
