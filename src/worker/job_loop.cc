#include "worker/job_loop.h"

#include <cxxabi.h>

#include <utility>

namespace rqpp::worker {

// ---- rows

void RowOfJobs::use(const base::Fd& memory) {
  slate_.emplace(memory);
  if (!slate_->valid()) slate_.reset();
}

bool RowOfJobs::begins(const Assignment& assignment) const {
  return assignment.row == 0 || assignment.place == 0 ||
         (assignment.row == row_ && assignment.place == next_);
}

void RowOfJobs::began() {
  if (slate_) began_ = Slate::Clock::now();
}

bool RowOfJobs::go_on(const Assignment& assignment, const Outcome& outcome, bool may_go_on) {
  if (assignment.row == 0 || !assignment.more || !slate_) return false;
  row_ = assignment.row;
  next_ = -1;
  if (!may_go_on || outcome.kind != Outcome::Kind::value) {
    slate_->leave(row_);
    return false;
  }
  if (!slate_->go_on(row_, assignment.place, {outcome, began_, Slate::Clock::now()})) return false;
  next_ = assignment.place + 1;
  return true;
}

// ---- jobs

Outcome::Stop JobLoop::stop_seen() const {
  if (stop_.noticed()) return Outcome::Stop::seen;
  if (!hears_stops()) return Outcome::Stop::unknown;
  return stop_.requested() ? Outcome::Stop::requested : Outcome::Stop::none;
}

bool JobLoop::send(Outcome outcome, const Assignment& assignment) {
  outcome.run = assignment.run;
  outcome.stop = stop_seen();
  stop_.reset();
  parent_.send(outcome);
  if (parent_.flush_all()) return true;
  say_unheard();
  return false;
}

// As for run_job, a forced unwind is bound to null.
__attribute__((noinline, no_sanitize("null"))) Outcome JobLoop::run(const Assignment& assignment) {
  before(assignment);
  Outcome outcome;
  try {
    outcome = run_job(assignment, repertoire_, parent_, stop_);
  } catch (abi::__forced_unwind&) {
    after();
    send(failure("the task ended its thread (pthread_exit) instead of returning"), assignment);
    leave_by_unwinding();
    throw;
  }
  after();
  return outcome;
}

// Returns false when there is nobody to work for.
bool JobLoop::run_and_report(const Assignment& assignment) {
  const std::uint64_t frames = parent_.pushed();
  row_.began();
  Outcome outcome = run(assignment);
  const bool is_silent = parent_.pushed() == frames && !has_unread_output();
  if (row_.go_on(assignment, outcome, is_silent && !stop_.requested())) return true;
  return send(std::move(outcome), assignment);
}

bool JobLoop::run() {
  for (;;) {
    Arrivals<ToHorse> arrivals = parent_.wait_and_read();
    for (const ToHorse& frame : arrivals.frames) {
      const auto* assignment = std::get_if<Assignment>(&frame);
      if (assignment == nullptr) {
        row_.use(parent_.take_descriptor());
        continue;
      }
      if (!row_.begins(*assignment)) continue;  // it was taken back
      const bool heard = run_and_report(*assignment);
      if (!heard || assignment->last) return true;
    }
    if (arrivals.ended) return arrivals.trouble.empty();
  }
}

}  // namespace rqpp::worker
