// What the Supervisor decides about horses and the jobs that they run. What it decides about queues
// stands in supervisor_queues.cc; about several jobs at once, in supervisor_rows.cc; how a worker
// lives among others, in supervisor_life.cc; about callbacks, in supervisor_callbacks.cc.

#include "worker/supervisor.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <utility>

#include "worker/output_tail.h"

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// A fork that failed, or a horse that died before its first job, is no reason for a tight loop.
constexpr auto kForkPause = 1s;

}  // namespace

Supervisor::Supervisor(Options options)
    : options_(std::move(options)),
      order_(options_.strategy, options_.queues, options_.weights, options_.seed),
      maintenance_(options_.queues, options_.maintenance_interval) {}

Actions Supervisor::on(Event event, Moment now) {
  actions_.clear();
  now_ = now;
  try {
    std::visit([this](auto& it) { handle(std::move(it)); }, event);
  } catch (const std::exception& error) {
    // What was decided until then holds.
    actions_.emplace_back(
        Warn{fmt::format("what has happened cannot be dealt with: {}", error.what())});
  }
  enforce_deadlines();
  recall_what_waits_too_long();
  put_back_what_waits_too_long();
  stop_when_enough_is_done();
  tell_ends_if_due();
  fork_horses();
  renew_lease();
  maintain();
  beat();
  show_what_lasts();
  rest_if_idle();
  name_what_runs();
  finish_if_done();
  return std::move(actions_);
}

// ---- horses

void Supervisor::handle(const HorseReady& event) {
  const auto found = horses_.find(event.horse);
  if (found == horses_.end()) return;
  Horse& horse = found->second;
  if (horse.phase == Phase::leaving) actions_.emplace_back(RetireHorse{event.horse});
  if (horse.phase != Phase::forking) return;
  horse.phase = Phase::ready;
  assign_waiting();
}

void Supervisor::handle(const HorseNotForked& event) {
  horses_.erase(event.horse);
  fork_after_ = now_.steady + kForkPause;
}

void Supervisor::handle(const HorseEnded& event) {
  const auto found = horses_.find(event.horse);
  if (found == horses_.end()) return;
  Horse horse = std::move(found->second);
  horses_.erase(found);
  return_row(horse);
  if (horse.run) {
    Outcome outcome = failed_with(event.exit);
    outcome.usage = event.usage;
    end_run(std::move(*horse.run), std::move(outcome), event.written);
    assign_waiting();
    seek_work();
  } else if (horse.phase != Phase::leaving) {
    fork_after_ = now_.steady + kForkPause;
  }
}

void Supervisor::handle(JobEnded&& event) {
  const auto found = horses_.find(event.horse);
  if (found == horses_.end() || !found->second.run) return;
  Horse& horse = found->second;
  Run run = std::move(*horse.run);
  horse.run.reset();
  if (event.goes_on) {
    run.started = at(event.goes_on->began);
    run.ended = at(event.goes_on->ended);
  }
  if (!run.epilogue) {
    horse.jobs_done += 1;
    pace_.ran(std::chrono::duration_cast<std::chrono::microseconds>(
        run.ended.value_or(now_).steady - run.started.steady));
  }
  // One that was asked to end its job may still carry the signal.
  const bool spent = run.kill_at || horse.old || is_too_big(event.outcome.usage);
  const bool last = run.last;
  const std::size_t callbacks = callbacks_.size();
  if (event.outcome.kind == Outcome::Kind::foreign_module) {
    // What the horse has not begun goes back first, so that it stands behind this job again.
    if (!event.goes_on) return_row(horse);
    // A horse from before SIGHUP knows the old modules only.
    if (!horse.old) leave_to_others(run.execution.queue, event.outcome.summary);
  }
  end_run(std::move(run), std::move(event.outcome), event.written);
  if (event.goes_on && !horse.row.empty()) {
    horse.old = spent;
    begin_next(event.horse, horse, at(event.goes_on->ended));
    if (spent) recall(event.horse, horse);
    return;
  }
  return_row(horse);
  horse.phase = Phase::ready;
  if (!spent && callbacks_.size() > callbacks) {
    // As in RQ, where the job ran: what it left in memory is there.
    std::rotate(callbacks_.begin(), callbacks_.end() - 1, callbacks_.end());
    start_callback(event.horse);
  } else if (last || spent) {
    // One that goes by itself is not listened to any more, or its end would wake this process.
    retire(event.horse, horse);
  }
  assign_waiting();
  seek_work();
}

void Supervisor::handle(const ReloadRequested&) {
  actions_.emplace_back(ReplaceStable{});
  for (auto& [id, horse] : horses_) {
    horse.old = true;
    if (!horse.run && horse.phase != Phase::leaving) retire(id, horse);
  }
  if (left_.empty()) return;
  left_.clear();
  empty_ = false;
  seek_work();
}

void Supervisor::retire(int id, Horse& horse) {
  // One that is not born yet is sent away when it is.
  if (horse.phase != Phase::forking) actions_.emplace_back(RetireHorse{id});
  horse.phase = Phase::leaving;
}

void Supervisor::fork_horses() {
  if (finished_ || (stopping_ && waiting_.empty() && callbacks_.empty())) return;
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

bool Supervisor::is_too_big(const Usage& usage) const {
  return options_.max_horse_memory > 0 && usage.peak_memory_bytes > options_.max_horse_memory;
}

void Supervisor::assign_waiting() {
  // Others may have taken over what was claimed. What they have not goes back.
  while (!waiting_.empty() && !lease_.holds(now_.steady)) put_back_last();
  for (auto& [id, horse] : horses_) {
    // The horse that was forked ahead is not for one more job at once.
    if ((waiting_.empty() && callbacks_.empty()) || running() >= options_.horses) return;
    if (horse.phase != Phase::ready) continue;
    if (!callbacks_.empty()) {
      horse.jobs_done += 1;
      start_callback(id);
      continue;
    }
    if (!waiting_.front().job.begun && !begin_ahead()) return;
    start(id, take_row(horse));
  }
}

std::optional<Moment::Steady> Supervisor::deadline_after(std::int64_t seconds) const {
  // Beyond a century a timeout is none, and the sum below stays in range.
  constexpr std::int64_t kCentury = 100LL * 366 * 86400;
  if (seconds <= 0 || seconds >= kCentury) return std::nullopt;
  return now_.steady + std::chrono::seconds(seconds);
}

void Supervisor::enforce_deadlines() {
  const bool stop_now = stop_deadline_ && now_.steady >= *stop_deadline_;
  for (auto& [id, horse] : horses_) {
    if (!horse.run) continue;
    Run& run = *horse.run;
    if (run.kill_at && now_.steady >= *run.kill_at) {
      run.kill_at = now_.steady + options_.grace;
      actions_.emplace_back(SignalHorse{id, SIGKILL});
    } else if (run.deadline && now_.steady >= *run.deadline) {
      ask_to_end(id, run, Told::timeout);
    } else if (stop_now && run.told == Told::nothing) {
      ask_to_end(id, run, Told::worker_stop);
    }
  }
}

/// The first reason stays, but for the wish of a user, who waits for a job that is `stopped`.
void Supervisor::note_told(Run& run, Told told) {
  if (run.told == Told::nothing || told == Told::stop_job) run.told = told;
  run.deadline.reset();
}

void Supervisor::ask_to_end(int id, Run& run, Told told) {
  note_told(run, told);
  if (run.kill_at) return;  // it was asked already, and has no more time than that gave it
  run.kill_at = now_.steady + options_.grace;
  actions_.emplace_back(SignalHorse{id, SIGTERM});
}

void Supervisor::kill(int id, Run& run, Told told) {
  note_told(run, told);
  run.kill_at = now_.steady + options_.grace;
  actions_.emplace_back(SignalHorse{id, SIGKILL});
}

void Supervisor::handle(const KillHorses&) {
  for (auto& [id, horse] : horses_) {
    if (horse.run) kill(id, *horse.run, Told::kill_horse);
  }
}

void Supervisor::handle(const StopRun& event) {
  const auto is_meant = [&event](const protocol::Execution& run) {
    return run.job_id == event.job_id &&
           (event.execution_id.empty() || run.id == event.execution_id);
  };
  for (auto& [id, horse] : horses_) {
    if (horse.run && is_meant(horse.run->execution)) ask_to_end(id, *horse.run, Told::stop_job);
  }
  for (auto& [id, horse] : horses_) {
    for (Waiting& it : horse.row) {
      if (!is_meant(it.job.run)) continue;
      it.stop = true;
      recall(id, horse);
    }
  }
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const Waiting& it) { return is_meant(it.job.run); });
  if (found == waiting_.end()) return;
  Run run{
      .execution = found->job.run, .job = found->job.job, .started = now_, .told = Told::stop_job};
  waiting_.erase(found);
  end_run(std::move(run), failed_with("it had not begun"));
  assign_waiting();
  seek_work();
}

// ---- jobs

void Supervisor::end_run(Run run, Outcome outcome, const std::string& written) {
  if (run.epilogue) {
    end_callback(std::move(run), std::move(outcome), written);
    return;
  }
  const Usage usage = outcome.usage;
  std::string error = why_it_failed(run.job, run.told, outcome);
  Verdict verdict = judge_safely(run.job, run.told, std::move(outcome));
  if (auto* end = std::get_if<End>(&verdict)) {
    end->outcome.usage = usage;
    if (end->outcome.is_error()) {
      end->outcome.exc_info = with_output(std::move(end->outcome.exc_info), written);
    }
  }
  conclude(std::move(run), std::move(verdict), std::move(error));
}

/// Whatever a job asks for, its run gets an end.
Verdict Supervisor::judge_safely(const protocol::JobRecord& job, Told told, Outcome outcome) const {
  try {
    return judge(job, told, std::move(outcome), options_.interrupted, now_.wall);
  } catch (const std::exception& error) {
    return End{.status = Status::failed,
               .outcome = failed_with(fmt::format("The run has ended, but what is to follow cannot "
                                                  "be done: {}",
                                                  error.what()))};
  }
}

void Supervisor::carry_out(Run run, Verdict verdict) {
  unacknowledged_ += 1;
  const Moment ended = run.ended.value_or(now_);
  // The wall clock may have been set meanwhile.
  const auto wall =
      std::chrono::duration_cast<std::chrono::microseconds>(ended.steady - run.started.steady);
  done_.working_time += wall;
  if (auto* back = std::get_if<protocol::PutBack>(&verdict)) {
    // RQ counts a run that will be retried as failed too (`handle_job_failure`).
    if (back->retries_left) done_.failed += 1;
    actions_.emplace_back(PutBack{std::move(run.job), std::move(run.execution), std::move(*back)});
    return;
  }
  auto& end = std::get<End>(verdict);
  (end.status == Status::finished ? done_.succeeded : done_.failed) += 1;
  protocol::RunTimes times{.started = run.started.wall, .ended = ended.wall};
  if (end.outcome.usage != Usage{}) {
    times.usage = end.outcome.usage;
    times.usage->wall = wall;
  }
  Settle settle{
      std::move(run.job),  std::move(run.execution), end.status, std::move(end.outcome), times,
      std::move(end.again)};
  const bool more_follows = !waiting_.empty() || asked_ > 0;
  if (!more_follows || !pace_.quick() || !connected_ || settle.status != Status::finished) {
    actions_.emplace_back(std::move(settle));
    return;
  }
  if (ends_.empty()) tell_ends_at_ = now_.steady + Pace::kLongestHold;
  ends_.push_back(std::move(settle));
}

/// The ends of quick jobs go to Redis together with the next claim, in one write.
void Supervisor::tell_ends() {
  for (Settle& end : std::exchange(ends_, {})) actions_.emplace_back(std::move(end));
}

/// Nobody will claim soon, or it takes too long.
void Supervisor::tell_ends_if_due() {
  const bool more_follows = !waiting_.empty() || asked_ > 0;
  const bool due = ends_.size() >= Pace::kManyEnds || now_.steady >= tell_ends_at_;
  if (!more_follows || !connected_ || due) tell_ends();
}

void Supervisor::put_back_what_waits_too_long() {
  const auto end = patience_ends();
  if (!end || now_.steady < *end) return;
  put_back_waiting();
  pace_.keeps_others_waiting();
}

/// Puts back what no horse will be free for at once; the last one first, so that they stand in the
/// queue as they did.
void Supervisor::put_back_waiting() {
  while (!waiting_.empty() && idle_horses() < 0) put_back_last();
}

void Supervisor::put_back_last() {
  unacknowledged_ += 1;
  ClaimedJob job = std::move(waiting_.back().job);
  waiting_.pop_back();
  actions_.emplace_back(PutBack{std::move(job.job), std::move(job.run), {}});
}

/// Puts back what was taken from queues that are no longer served, the last one first as well.
void Supervisor::put_back_what_is_not_served() {
  std::deque<Waiting> kept;
  for (; !waiting_.empty();) {
    if (!is_served(waiting_.back().job.run.queue)) {
      put_back_last();
    } else {
      kept.push_front(std::move(waiting_.back()));
      waiting_.pop_back();
    }
  }
  waiting_ = std::move(kept);
}

}  // namespace rqpp::worker
