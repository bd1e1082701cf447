#include "worker/job_log.h"

#include <fmt/format.h>

#include "codec/timestamp.h"
#include "protocol/incarnation.h"

namespace rqpp::worker {

namespace {

std::string left(const std::optional<std::int64_t>& retries) {
  return retries ? fmt::format(", {} retries left", *retries) : std::string();
}

std::string way(const protocol::PutBack& how) { return how.due ? "scheduled" : "enqueued again"; }

}  // namespace

void JobLog::claimed(const ClaimedJob& job) const {
  if (!log_.writes(base::LogLevel::info)) return;
  log_.info(options_.describe_jobs
                ? fmt::format("{}: {} ({})", job.run.queue, job.job.description, job.job.id)
                : fmt::format("{}: {}", job.run.queue, job.job.id));
}

void JobLog::skipped(const protocol::Claim::Skipped& job) const {
  log_.warning(fmt::format("job {} is skipped: {}", job.job_id, job.reason));
}

void JobLog::held_back(const protocol::Claim::Held& job) const {
  log_.info(fmt::format("job {} waits for its turn at {}: its rate limit is reached", job.job_id,
                        job.until ? codec::format_iso(*job.until) : "a time beyond the year 9999"));
}

void JobLog::settled(const Settle& end, const protocol::Settled& settled) const {
  if (!settled.held) {
    log_.warning(
        fmt::format("job {} was canceled, deleted or given up as abandoned while it ran; "
                    "its outcome is dropped",
                    end.run.job_id));
    return;
  }
  if (end.outcome.kind == Outcome::Kind::run_again) {
    asked(end);
  } else if (end.status == Status::stopped) {
    log_.warning(fmt::format("{}: Job stopped by user ({})", end.run.queue, end.run.job_id));
  } else if (end.status == Status::failed) {
    failed(end);
  } else {
    succeeded(end);
  }
}

void JobLog::released(const std::string& job_id, std::size_t count) const {
  log_.info(fmt::format("{} jobs that waited for job {} are enqueued", count, job_id));
}

void JobLog::put_back(const PutBack& job) const {
  const std::string& id = job.run.job_id;
  if (job.how.due) {
    log_.info(fmt::format("job {} is scheduled to run again{}", id, left(job.how.retries_left)));
  } else if (job.how.retries_left) {
    log_.info(fmt::format("job {} is enqueued again{}", id, left(job.how.retries_left)));
  } else if (job.how.position == protocol::Position::back) {
    log_.info(fmt::format("job {} is put back to the end of '{}'", id, job.run.queue));
  } else {
    log_.info(fmt::format("job {} is put back to the front of '{}'", id, job.run.queue));
  }
}

void JobLog::inherited(const Inherited& runs) const {
  log_.warning(fmt::format("worker {} is lost; {} of its jobs are taken over",
                           protocol::name_of(runs.lost_worker), runs.jobs.size()));
}

void JobLog::abandoned(const std::string& queue, std::size_t jobs) const {
  log_.warning(fmt::format(
      "{} jobs of queue {} were abandoned by their workers; they are taken over", jobs, queue));
}

void JobLog::failed(const Settle& end) const {
  log_.error(fmt::format("[Job {}]: exception raised while executing ({})", end.run.job_id,
                         end.job.description),
             end.outcome.exc_info);
}

void JobLog::asked(const Settle& end) const {
  const std::string& id = end.run.job_id;
  if (end.again) {
    log_.info(fmt::format(
        "job {} asks for another run and is {}, {} are left ({})", id, way(*end.again),
        end.outcome.max_reruns - end.again->number_of_retries.value_or(0), end.outcome.summary));
  } else {
    log_.error(fmt::format("[Job {}]: asked for another run more than {} times ({})", id,
                           end.outcome.max_reruns, end.outcome.summary));
  }
}

void JobLog::succeeded(const Settle& end) const {
  if (!log_.writes(base::LogLevel::info)) return;
  log_.info(fmt::format("{}: Job OK ({})", end.run.queue, end.run.job_id));
  if (end.again) {
    log_.info(fmt::format("job {} is {} to repeat, {} repeats left", end.run.job_id,
                          way(*end.again), end.again->repeats_left.value_or(0)));
  }
  const std::int64_t ttl = end.job.result_ttl_seconds.value_or(options_.result_ttl.count());
  if (ttl > 0) {
    log_.info(fmt::format("Result is kept for {} seconds", ttl));
  } else if (ttl == 0) {
    log_.info("Result discarded immediately");
  } else {
    log_.info("Result will never expire, clean up result key manually");
  }
}

}  // namespace rqpp::worker
