#include "worker/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "codec/timestamp.h"
#include "worker/ghost.h"

namespace rqpp::worker {
namespace {

constexpr std::ptrdiff_t kMostLosses = 3;
/// What is added to a time must not leave its range.
constexpr std::int64_t kLongestWaitSeconds = 10'000'000'000;

// RQ's words, so that whoever looks for them finds them.
std::string timeout_text(const protocol::JobRecord& job) {
  return fmt::format(
      "rq.timeouts.JobTimeoutException: Task exceeded maximum timeout value ({} seconds)",
      job.timeout_seconds.value_or(0));
}

// As RQ's `Job.get_retry_interval`: with fewer intervals than retries the first one repeats.
std::int64_t next_wait(const protocol::JobRecord& job) {
  const auto& waits = job.retry_intervals;
  if (waits.empty()) return 0;
  const auto size = static_cast<std::int64_t>(waits.size());
  const std::int64_t index = std::clamp<std::int64_t>(size - *job.retries_left, 0, size - 1);
  return std::min(waits[static_cast<std::size_t>(index)], kLongestWaitSeconds);
}

protocol::PutBack retry(const protocol::JobRecord& job, Time now) {
  protocol::PutBack back{
      .position = job.retry_at_front ? protocol::Position::front : protocol::Position::back,
      .retries_left = *job.retries_left - 1};
  const std::int64_t wait = next_wait(job);
  if (wait > 0) back.due = now + std::chrono::seconds(wait);
  return back;
}

bool can_retry(const protocol::JobRecord& job) { return job.retries_left.value_or(0) > 0; }

Verdict fail_or_retry(const protocol::JobRecord& job, Outcome outcome, Time now) {
  if (can_retry(job)) return retry(job, now);
  return End{.status = Status::failed, .outcome = std::move(outcome)};
}

}  // namespace

Outcome failure(const std::string& text) {
  return {.kind = Outcome::Kind::error, .exc_info = text, .summary = text};
}

Verdict judge(const protocol::JobRecord& job, Told told, Outcome outcome, Interrupted interrupted,
              Time now) {
  const bool succeeded = outcome.kind == Outcome::Kind::value;
  switch (told) {
    case Told::timeout:
      return fail_or_retry(job, failure(timeout_text(job)), now);
    case Told::worker_stop:
      if (succeeded) break;
      if (interrupted == Interrupted::put_back) return protocol::PutBack{};
      return End{.status = Status::failed,
                 .outcome = failure("Work-horse terminated: the worker was told to stop, and the "
                                    "job did not end in time.")};
    case Told::stop_job:
      if (succeeded) break;
      return End{.status = Status::stopped,
                 .outcome = failure("Job stopped by user, work-horse terminated.")};  // RQ's words
    case Told::kill_horse:
      if (!succeeded) outcome.exc_info += "\nIt was killed by the command kill-horse.";
      break;
    case Told::nothing:
      break;
  }
  if (!succeeded) return fail_or_retry(job, std::move(outcome), now);
  return End{.status = Status::finished, .outcome = std::move(outcome)};
}

Verdict judge_lost(const protocol::JobRecord& job, std::string_view lost_worker, Time now) {
  const std::string at = codec::format_iso(now);
  const std::string lost = lost_worker.empty()
                               ? std::string("a worker")
                               : fmt::format("worker '{}'", name_in_life(lost_worker));
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
  return End{.status = Status::failed, .outcome = failure(text)};
}

}  // namespace rqpp::worker
