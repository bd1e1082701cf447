#include <fmt/ranges.h>

#include <utility>

#include "codec/compress.h"
#include "codec/timestamp.h"
#include "protocol/changed_fields.h"
#include "protocol/end_of_run.h"
#include "protocol/keys.h"
#include "protocol/queries.h"
#include "protocol/retry.h"
#include "protocol/scripts.h"
#include "protocol/seconds.h"
#include "protocol/transitions.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

constexpr std::int64_t kDefaultFailureTtlSeconds = 31'536'000;  // a year, as in RQ

using Strings = std::vector<std::string>;

std::int64_t failure_ttl(const JobRecord& job) {
  return job.failure_ttl_seconds.value_or(kDefaultFailureTtlSeconds);
}

std::string direction(const PutBack& how) {
  if (how.due) return due_seconds(*how.due);
  return how.position == Position::front ? "LPUSH" : "RPUSH";
}

/// `again` is where a job goes that runs once more.
redis::Batch end_run(const Execution& run, Status status, std::int64_t ttl_seconds,
                     ResultRecord result, const RunTimes& times,
                     const std::optional<PutBack>& again = {}, Strings changes = {}) {
  Strings args{run.job_id,
               run.id,
               run.queue,
               std::string(to_string(status)),
               codec::format_iso(times.ended),
               whole_seconds(times.ended),
               std::to_string(allowed_ttl(ttl_seconds)),
               run.shown ? "1" : "0",
               again ? direction(*again) : "",
               run.job_created,
               run.limit_key};
  if (again) {
    const Strings more = changed_fields(*again);
    changes.insert(changes.end(), more.begin(), more.end());
  }
  if (!run.shown && !run.taken_over) {
    changes.insert(changes.end(), {"started_at", codec::format_iso(times.started), "worker_name",
                                   std::string(name_of(run.worker))});
  }
  args.push_back(std::to_string(changes.size()));
  args.insert(args.end(), changes.begin(), changes.end());
  Strings fields = result_fields(of_run(std::move(result), run, times));
  args.insert(args.end(), std::make_move_iterator(fields.begin()),
              std::make_move_iterator(fields.end()));
  return redis::Batch{}.call(scripts::settle,
                             {keys::runs(run.worker), keys::worker_executions(name_of(run.worker)),
                              std::string(keys::kScratch)},
                             args);
}

/// As RQ before 1.12 wrote how a run ended (`Job.to_dict`), for those who look there.
void add_to_hash(Strings& changes, const JobRecord& job, const Succeeded& outcome) {
  if (!job.ends_in_hash) return;
  if (!outcome.return_value.empty()) {
    changes.insert(changes.end(), {"result", outcome.return_value});
  }
  if (!job.exc_info.empty()) changes.insert(changes.end(), {"exc_info", ""});  // of a run before
}

Strings error_in_hash(const JobRecord& job, const std::string& exc_info) {
  if (!job.ends_in_hash) return {};
  return {"exc_info", codec::deflate(exc_info)};
}

}  // namespace

redis::Batch settle(const JobRecord& job, const Execution& run, const Succeeded& outcome,
                    RunTimes times, std::chrono::seconds default_result_ttl,
                    const std::optional<PutBack>& repeat) {
  Strings changes;
  if (repeat && job.repeat_intervals.size() > 1) {
    const auto later = later_intervals(job.repeat_intervals);
    changes = {"repeat_intervals", fmt::format("[{}]", fmt::join(later, ", "))};
  }
  add_to_hash(changes, job, outcome);
  return end_run(run, Status::finished, job.result_ttl_seconds.value_or(default_result_ttl.count()),
                 {.type = ResultRecord::Type::successful, .return_value = outcome.return_value},
                 times, repeat, std::move(changes));
}

redis::Batch settle(const JobRecord& job, const Execution& run, const AskedAgain&, RunTimes times,
                    const std::optional<PutBack>& again) {
  return end_run(
      run, Status::failed, failure_ttl(job),
      {.type = again ? ResultRecord::Type::retried : ResultRecord::Type::max_retries_exceeded},
      times, again);
}

redis::Batch settle(const JobRecord& job, const Execution& run, const Failed& outcome,
                    RunTimes times) {
  return end_run(run, Status::failed, failure_ttl(job),
                 {.type = ResultRecord::Type::failed, .exc_info = outcome.exc_info}, times, {},
                 error_in_hash(job, outcome.exc_info));
}

redis::Batch settle(const JobRecord& job, const Execution& run, const Stopped& outcome,
                    RunTimes times) {
  return end_run(run, Status::stopped, failure_ttl(job),
                 {.type = ResultRecord::Type::failed, .exc_info = outcome.exc_info}, times, {},
                 error_in_hash(job, outcome.exc_info));
}

Settled read_settled(const redis::Reply& reply) {
  const auto& parts = reply.elements;
  if (parts.size() != 1 && parts.size() != 3) {
    throw DecodeError("the settle script answered in an unknown form");
  }
  Settled settled{.held = parts[0].number == 1};
  if (parts.size() == 3)
    settled.dependents = {.cursor = parts[1].text, .names = read_ids(parts[2])};
  return settled;
}

}  // namespace rqpp::protocol
