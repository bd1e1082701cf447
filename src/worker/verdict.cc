#include "worker/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "codec/timestamp.h"
#include "protocol/incarnation.h"
#include "protocol/retry.h"

namespace rqpp::worker {
namespace {

constexpr std::ptrdiff_t kMostLosses = 3;

protocol::Position front_if(bool front) {
  return front ? protocol::Position::front : protocol::Position::back;
}

std::optional<Time> due_after(std::chrono::seconds wait, Time now) {
  if (wait == std::chrono::seconds{0}) return std::nullopt;
  return now + wait;
}

protocol::PutBack retry(const protocol::JobRecord& job, Time now) {
  return {.position = front_if(job.retry_at_front),
          .due = due_after(protocol::retry_wait(job.retry_intervals, *job.retries_left), now),
          .ended = now,
          .retries_left = *job.retries_left - 1};
}

End finish(const protocol::JobRecord& job, Outcome outcome, Time now) {
  End end{.status = Status::finished, .outcome = std::move(outcome)};
  const std::int64_t left = job.repeats_left.value_or(0);
  if (left > 0) {
    end.again = {.position = protocol::Position::back,
                 .due = due_after(protocol::repeat_wait(job.repeat_intervals), now),
                 .ended = now,
                 .repeats_left = left - 1};
  }
  return end;
}

End run_as_asked(const protocol::JobRecord& job, Outcome outcome, Time now) {
  // Who wrote the job may have been no friend.
  const std::int64_t before = std::clamp<std::int64_t>(job.number_of_retries, 0, INT32_MAX);
  End end{.status = Status::failed, .outcome = std::move(outcome)};  // RQ counts it so
  if (before == 0 || before < end.outcome.max_reruns) {
    end.again = {.position = front_if(end.outcome.at_front || job.retry_at_front),
                 .due = due_after(protocol::asked_wait(end.outcome.waits, before), now),
                 .ended = now,
                 .number_of_retries = before + 1,
                 .retry_at_front = end.outcome.at_front};
  }
  return end;
}

protocol::PutBack snooze(const Outcome& outcome, Time now) {
  return {.position = protocol::Position::back,
          .due = due_after(std::chrono::seconds{outcome.waits.at(0)}, now)};
}

bool can_retry(const protocol::JobRecord& job) { return job.retries_left.value_or(0) > 0; }

Verdict fail_or_retry(const protocol::JobRecord& job, Outcome outcome, Time now) {
  if (can_retry(job)) return retry(job, now);
  return End{.status = Status::failed, .outcome = std::move(outcome)};
}

}  // namespace

Outcome failed_with(const std::string& text) {
  return {.kind = Outcome::Kind::error, .exc_info = text, .summary = text};
}

bool was_cut_short(Told told, const Outcome& outcome) {
  const bool was_seen = outcome.stop == Outcome::Stop::seen;
  const bool is_value = outcome.kind == Outcome::Kind::value;
  switch (told) {
    case Told::timeout:
      return true;
    case Told::stop_job:  // one that had ended before stays as it is, as in RQ
      return !is_value || outcome.stop != Outcome::Stop::none;
    // A task that asks for another run has come to its end in what follows.
    case Told::kill_horse:
      return outcome.is_error() || (is_value && outcome.stop != Outcome::Stop::none);
    case Told::worker_stop:
      return outcome.is_error() ||
             (is_value && (was_seen || outcome.stop == Outcome::Stop::unknown));
    case Told::nothing:
      // Somebody else sent SIGTERM: a service manager to all processes of the service, say.
      return was_seen && (is_value || outcome.is_error());
  }
  return false;
}

Verdict judge(const protocol::JobRecord& job, Told told, Outcome outcome, Interrupted interrupted,
              Time now) {
  const bool cut_short = was_cut_short(told, outcome);
  switch (told) {
    case Told::timeout:
      return fail_or_retry(job, too_late(job.timeout_seconds.value_or(0)), now);
    case Told::nothing:
    case Told::worker_stop:
      if (!cut_short) break;
      if (interrupted == Interrupted::put_back) return protocol::PutBack{};
      return End{
          .status = Status::failed,
          .outcome = failed_with("Work-horse terminated: the worker was told to stop, and the "
                                 "job did not end in time.")};
    case Told::stop_job:
      if (!cut_short) break;
      return End{
          .status = Status::stopped,
          .outcome = failed_with("Job stopped by user, work-horse terminated.")};  // RQ's words
    case Told::kill_horse:
      if (!cut_short) break;
      if (!outcome.is_error()) outcome = failed_with("Work-horse terminated unexpectedly.");
      outcome.exc_info += "\nIt was killed by the command kill-horse.";
      break;
  }
  switch (outcome.kind) {
    case Outcome::Kind::value:
      return finish(job, std::move(outcome), now);
    case Outcome::Kind::run_again:
      return run_as_asked(job, std::move(outcome), now);
    case Outcome::Kind::snooze:
      return snooze(outcome, now);
    case Outcome::Kind::foreign_module:
      return protocol::PutBack{};
    case Outcome::Kind::final_error:
      return End{.status = Status::failed, .outcome = std::move(outcome)};
    case Outcome::Kind::error:
    case Outcome::Kind::absent:  // of callbacks alone
      break;
  }
  return fail_or_retry(job, std::move(outcome), now);
}

Outcome too_late(std::int64_t timeout_seconds) {
  // RQ's words, so that whoever looks for them finds them.
  return failed_with(fmt::format(
      "rq.timeouts.JobTimeoutException: Task exceeded maximum timeout value ({} seconds)",
      timeout_seconds));
}

std::string why_it_failed(const protocol::JobRecord& job, Told told, const Outcome& outcome) {
  if (told == Told::timeout) return too_late(job.timeout_seconds.value_or(0)).exc_info;
  return outcome.exc_info;
}

Verdict judge_lost(const protocol::JobRecord& job, std::string_view lost_worker, Time now) {
  const std::string at = codec::format_iso(now);
  const std::string lost = lost_worker.empty()
                               ? std::string("a worker")
                               : fmt::format("worker '{}'", protocol::name_of(lost_worker));
  const std::string losses = fmt::format("{}{}{}: {} was lost while it ran the job", job.losses,
                                         job.losses.empty() ? "" : "\n", at, lost);
  const bool last = std::count(losses.begin(), losses.end(), '\n') + 1 >= kMostLosses;
  if (can_retry(job) && !last) {
    protocol::PutBack back = retry(job, now);
    back.losses = losses;
    return back;
  }
  // The first line is RQ's.
  std::string text =
      fmt::format("Moved to FailedJobRegistry, due to AbandonedJobError, at {}\n{}", at, losses);
  if (last) text += "\nIt is not run again: it may be what ends its workers.";
  return End{.status = Status::failed, .outcome = failed_with(text)};
}

}  // namespace rqpp::worker
