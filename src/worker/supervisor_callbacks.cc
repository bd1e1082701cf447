// What the Supervisor decides about callbacks. A job's callback runs in a horse, when the job has
// ended and before that is written: while it runs, the run still holds the job, so whatever becomes
// of the callback or of this worker, the job is settled once, and by its own outcome.

#include <fmt/format.h>

#include <utility>

#include "worker/callback.h"
#include "worker/output_tail.h"
#include "worker/supervisor.h"

namespace rqpp::worker {

/// The run of a job is over. `error` is why it failed, if it did.
void Supervisor::conclude(Run run, Verdict verdict, std::string error) {
  const protocol::JobCallback* callback = callback_for(run.job, verdict);
  if (callback == nullptr) {
    carry_out(std::move(run), std::move(verdict));
    return;
  }
  std::string told = told_of(verdict, std::move(error));
  call_back(std::move(run),
            {.callback = *callback, .told = std::move(told), .verdict = std::move(verdict)});
}

/// A job that lost its worker is settled first: were its callback what ends workers, it would end
/// one after the other.
void Supervisor::conclude_lost(Run run, Verdict verdict) {
  carry_out(run, verdict);
  const protocol::JobCallback* callback = callback_for(run.job, verdict);
  if (callback == nullptr) return;
  const auto* back = std::get_if<protocol::PutBack>(&verdict);
  std::string told = told_of(verdict, back != nullptr ? back->losses : std::string());
  call_back(std::move(run), {.callback = *callback, .told = std::move(told), .settled = true});
}

void Supervisor::call_back(Run run, Epilogue epilogue) {
  if (!run.ended) run.ended = now_;
  run.told = Told::nothing;
  run.deadline.reset();
  run.kill_at.reset();
  run.epilogue = std::move(epilogue);
  callbacks_.push_back(std::move(run));
  if (cold_) end_callbacks_without_horse();
}

/// Gives a horse the callback that waits first.
void Supervisor::start_callback(int id) {
  Horse& horse = horses_.at(id);
  horse.phase = Phase::running;
  Run run = std::move(callbacks_.front());
  callbacks_.pop_front();
  Epilogue& epilogue = *run.epilogue;
  run.deadline = deadline_after(epilogue.callback.timeout_seconds);
  run.last = horse.jobs_done >= options_.jobs_per_horse;
  actions_.emplace_back(AssignCallback{id, run.job, run.execution, epilogue.callback,
                                       std::exchange(epilogue.told, {})});
  horse.run = std::move(run);
}

/// A callback is over. As in RQ a job whose success callback fails has failed.
void Supervisor::end_callback(Run run, Outcome outcome, const std::string& written) {
  Epilogue epilogue = *std::exchange(run.epilogue, std::nullopt);
  const protocol::JobCallback& callback = epilogue.callback;
  const Told told = std::exchange(run.told, Told::nothing);
  if (told == Told::timeout) {
    outcome = too_late(callback.timeout_seconds);
  } else if (!outcome.is_error() && was_cut_short(told, outcome)) {
    outcome = failed_with("it was asked to stop, and may have left work undone");
  }
  if (outcome.kind == Outcome::Kind::absent) {
    actions_.emplace_back(Warn{fmt::format("job {}: its callback '{}' is not run: {}", run.job.id,
                                           callback.task, outcome.summary)});
  }
  if (!outcome.is_error()) {
    if (!epilogue.settled) carry_out(run, std::move(epilogue.verdict));
    return;
  }
  outcome.exc_info = with_output(callback_error(callback, outcome), written);
  if (callback.when == Status::finished) {
    outcome.usage = std::get<End>(epilogue.verdict).outcome.usage;
    std::string error = outcome.exc_info;
    Verdict verdict =
        judge_safely(run.job, told == Told::timeout ? Told::nothing : told, std::move(outcome));
    conclude(std::move(run), std::move(verdict), std::move(error));
  } else {
    note_failed_callback(run, std::move(epilogue), outcome.exc_info);
  }
}

/// The callback's error stands below the job's own.
void Supervisor::note_failed_callback(const Run& run, Epilogue epilogue, const std::string& error) {
  auto* end = std::get_if<End>(&epilogue.verdict);
  if (end != nullptr && !epilogue.settled) {
    end->outcome.exc_info += "\n\n" + error;
  } else {
    actions_.emplace_back(Warn{fmt::format("job {}: {}", run.job.id, error)});
  }
  if (!epilogue.settled) carry_out(run, std::move(epilogue.verdict));
}

/// Nobody waits for them: the worker was told twice to stop.
void Supervisor::end_callbacks_without_horse() {
  while (!callbacks_.empty()) {
    Run run = std::move(callbacks_.front());
    callbacks_.pop_front();
    run.told = Told::worker_stop;
    end_callback(std::move(run), failed_with("it was not begun: the worker was told to stop"), {});
  }
}

/// The callback shall see what the job has noted, and one that runs in another horse too.
void Supervisor::handle(const MetaSaved& event) {
  for (auto& [id, horse] : horses_) {
    if (!horse.run || horse.run->job.id != event.job_id) continue;
    if (!horse.run->job.callbacks.empty()) horse.run->job.meta = event.meta;
  }
}

}  // namespace rqpp::worker
