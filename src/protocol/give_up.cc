// How a run ends without an outcome: its job is put back, or the worker itself was lost and another
// one inherits what it ran.

#include <chrono>
#include <iterator>

#include "codec/timestamp.h"
#include "protocol/changed_fields.h"
#include "protocol/keys.h"
#include "protocol/queries.h"
#include "protocol/reconcile.h"
#include "protocol/scripts.h"
#include "protocol/seconds.h"
#include "protocol/transitions.h"

#include <rqpp/error.h>

namespace rqpp::protocol {

std::vector<std::string> changed_fields(const PutBack& how) {
  std::vector<std::string> words;
  const auto change = [&words](std::string_view field, std::string value) {
    words.emplace_back(field);
    words.push_back(std::move(value));
  };
  const auto count = [&change](std::string_view field, const std::optional<std::int64_t>& number) {
    if (number) change(field, std::to_string(*number));
  };
  if (how.ended) {
    const std::string ended = codec::format_iso(*how.ended);
    change("ended_at", ended);
    if (!how.due) change("enqueued_at", ended);
  }
  count("retries_left", how.retries_left);
  count("number_of_retries", how.number_of_retries);
  count("repeats_left", how.repeats_left);
  if (how.retry_at_front) change("enqueue_at_front_on_retry", "1");
  if (!how.losses.empty()) change("rqpp_losses", how.losses);
  return words;
}

redis::Batch put_back(const Execution& run, const PutBack& how, Time now) {
  std::vector<std::string> args{run.job_id,
                                run.id,
                                run.queue,
                                how.position == Position::front ? "LPUSH" : "RPUSH",
                                how.due ? due_seconds(*how.due) : "",
                                whole_seconds(now),
                                codec::format_iso(now),
                                run.shown ? "1" : "0",
                                run.job_created,
                                run.limit_key};
  std::vector<std::string> changes = changed_fields(how);
  args.insert(args.end(), std::make_move_iterator(changes.begin()),
              std::make_move_iterator(changes.end()));
  return redis::Batch{}.call(scripts::put_back,
                             {keys::runs(run.worker), keys::worker_executions(name_of(run.worker))},
                             args);
}

redis::Batch renew_lease(std::string_view worker, std::chrono::seconds lease,
                         std::string_view ends) {
  return redis::Batch{}.call(
      scripts::lease, {std::string(keys::kLeases)},
      {std::string(worker), std::to_string(lease.count()), std::string(ends)});
}

Renewal read_renewal(const redis::Reply& reply) {
  if (reply.elements.size() != 3) {
    throw DecodeError("the lease script answered in an unknown form");
  }
  return {.known = reply.elements[0].number == 1,
          .ends = reply.elements[1].text,
          .lost_workers = read_ids(reply.elements[2])};
}

redis::Batch resume(const Claimant& claimant, std::chrono::seconds lease) {
  return redis::Batch{}.call(scripts::resume,
                             {std::string(keys::kLeases), keys::runs(claimant.worker),
                              keys::worker(name_of(claimant.worker))},
                             {claimant.worker, std::to_string(lease.count()),
                              session_member(claimant.session), begun_score(claimant)});
}

redis::Batch inherit(const InheritRequest& request, WorkerLife life, Time now) {
  const std::string& lost = request.lost;
  const std::string_view name = name_of(lost);
  std::vector<std::string> args{codec::format_iso(now),
                                std::to_string(life.lease.count()),
                                std::to_string(life.ttl.count()),
                                lost,
                                session_member(request.heir.session),
                                begun_score(request.heir)};
  args.insert(args.end(), request.execution_ids.begin(), request.execution_ids.end());
  return redis::Batch{}.call(scripts::inherit,
                             {std::string(keys::kLeases), std::string(keys::kWorkers),
                              keys::worker(name), keys::runs(lost), keys::inbox(lost),
                              keys::worker_executions(name), keys::runs(request.heir.worker)},
                             args);
}

Inheritance read_inheritance(const redis::Reply& reply, std::string_view heir) {
  if (reply.elements.size() != 3) {
    throw DecodeError("the inherit script answered in an unknown form");
  }
  return {.runs = read_started(reply.elements[0], heir),
          .more = reply.elements[1].number == 1,
          .news = reply.elements[2].number == 1};
}

Shown read_shown(const redis::Reply& reply) {
  if (reply.elements.size() != 3) {
    throw DecodeError("the renew script answered in an unknown form");
  }
  return {.held = reply.elements[0].number,
          .listed = reply.elements[1].number,
          .members = reply.elements[2].number};
}

bool may_be_its_job(const Standing::Run& run, const JobRecord& job) {
  if (run.shown) return true;  // its settle asks rq:wip
  if (run.stamp != 0 && job.created_at) {
    const auto since_second = job.created_at->time_since_epoch() % std::chrono::seconds{1};
    const auto stamp = std::chrono::duration_cast<std::chrono::microseconds>(since_second).count();
    if (stamp != 0 && stamp != run.stamp) return false;
  }
  return !job.status || job.status == Status::queued || job.status == Status::started ||
         job.status == Status::canceled;  // the end of a canceled one is dropped
}

redis::Batch drop_run(const Execution& run) {
  return redis::Batch{}.add("ZREM", keys::runs(run.worker), run.job_id + ":" + run.id);
}

}  // namespace rqpp::protocol
