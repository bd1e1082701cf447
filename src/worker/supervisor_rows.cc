// What the Supervisor decides about rows: the quick jobs that a recycled horse gets at once.

#include <algorithm>
#include <utility>

#include "worker/supervisor.h"

namespace rqpp::worker {

/// The jobs that a horse gets next: one, or while they are quick a row of what waits, of which each
/// free horse has its share. A job with a callback stands alone, since that follows at once.
std::deque<Supervisor::Waiting> Supervisor::take_row(const Horse& horse) {
  std::deque<Waiting> row;
  const auto take = [this, &row] {
    row.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  };
  const auto free = static_cast<std::size_t>(std::max(options_.horses - running(), 1));
  const std::size_t share = (waiting_.size() + free - 1) / free;
  const auto left = static_cast<std::size_t>(options_.jobs_per_horse - horse.jobs_done);
  take();
  if (!pace_.quick() || !row.front().job.job.callbacks.empty()) return row;
  while (row.size() < std::min(share, left) && waiting_.front().job.job.callbacks.empty()) take();
  return row;
}

void Supervisor::start(int id, std::deque<Waiting> jobs) {
  Horse& horse = horses_.at(id);
  jobs_started_ += static_cast<std::int64_t>(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const ClaimedJob& claimed = jobs[i].job;
    const bool last = horse.jobs_done + static_cast<int>(i) + 1 >= options_.jobs_per_horse;
    // It stays for a callback.
    const bool goes = last && claimed.job.callbacks.empty();
    actions_.emplace_back(Assign{.horse = id,
                                 .job = claimed.job,
                                 .run = claimed.run,
                                 .last = goes,
                                 .results = claimed.results,
                                 .place = static_cast<int>(i),
                                 .more = i + 1 < jobs.size()});
  }
  horse.row = std::move(jobs);
  horse.recalled = false;
  next_beat_ = std::min(next_beat_, now_.steady + options_.busy_heartbeat);
  begin_next(id, horse, now_);
}

/// The horse begins the next job of its row.
void Supervisor::begin_next(int id, Horse& horse, Moment when) {
  Waiting next = std::move(horse.row.front());
  horse.row.pop_front();
  next.job.run.started = when.wall;
  const auto deadline = deadline_after(next.job.job.timeout_seconds.value_or(-1));
  horse.phase = Phase::running;
  horse.run = Run{.execution = std::move(next.job.run),
                  .job = std::move(next.job.job),
                  .started = when,
                  .deadline = deadline,
                  .last = horse.jobs_done + 1 >= options_.jobs_per_horse};
  if (next.stop) ask_to_end(id, *horse.run, Told::stop_job);
}

void Supervisor::recall(int id, Horse& horse) {
  if (horse.row.empty() || std::exchange(horse.recalled, true)) return;
  actions_.emplace_back(Recall{id});
}

/// The job that runs keeps others of its row waiting.
void Supervisor::recall_what_waits_too_long() {
  for (auto& [id, horse] : horses_) {
    if (horse.row.empty() || horse.recalled || now_.steady < shown_at(*horse.run)) continue;
    recall(id, horse);
    pace_.keeps_others_waiting();
  }
}

void Supervisor::handle(const Recalled& event) {
  const auto found = horses_.find(event.horse);
  if (found == horses_.end()) return;
  return_row(found->second);
  assign_waiting();
  seek_work();
}

/// What a horse has not begun of its row waits again, before all others.
void Supervisor::return_row(Horse& horse) {
  jobs_started_ -= static_cast<std::int64_t>(horse.row.size());
  for (; !horse.row.empty(); horse.row.pop_back()) {
    Waiting& job = horse.row.back();
    if (!job.stop) {
      waiting_.push_front(std::move(job));
      continue;
    }
    end_run({.execution = job.job.run, .job = job.job.job, .started = now_, .told = Told::stop_job},
            failed_with("it had not begun"));
  }
  put_back_what_is_not_served();
  if (cold_) {
    while (!waiting_.empty()) put_back_last();
  }
}

}  // namespace rqpp::worker
