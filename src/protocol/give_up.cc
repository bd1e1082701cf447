// How a run ends without an outcome: its job is put back, or the worker itself was lost and another
// one inherits what it ran.

#include <iterator>

#include "codec/timestamp.h"
#include "protocol/changed_fields.h"
#include "protocol/keys.h"
#include "protocol/queries.h"
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
                                codec::format_iso(now)};
  std::vector<std::string> changes = changed_fields(how);
  args.insert(args.end(), std::make_move_iterator(changes.begin()),
              std::make_move_iterator(changes.end()));
  return redis::Batch{}.call(scripts::put_back, {keys::worker_executions(run.worker)}, args);
}

redis::Batch renew_lease(std::string_view worker, std::chrono::seconds lease) {
  return redis::Batch{}.call(scripts::lease, {std::string(keys::kLeases)},
                             {std::string(worker), std::to_string(lease.count())});
}

std::vector<std::string> read_lost_workers(const redis::Reply& reply) { return read_ids(reply); }

redis::Batch inherit(const InheritRequest& request, std::chrono::seconds run_lease,
                     std::chrono::seconds worker_lease, Time now) {
  std::vector<std::string> args{codec::format_iso(now), whole_seconds(now),
                                std::to_string(run_lease.count()),
                                std::to_string(worker_lease.count()), request.lost};
  args.insert(args.end(), request.execution_ids.begin(), request.execution_ids.end());
  return redis::Batch{}.call(scripts::inherit,
                             {std::string(keys::kLeases), std::string(keys::kWorkers),
                              keys::worker(request.lost), keys::worker_executions(request.lost),
                              keys::inbox(request.lost), keys::worker_executions(request.heir)},
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

}  // namespace rqpp::protocol
