#include <fmt/format.h>

#include <utility>

#include "codec/timestamp.h"
#include "protocol/keys.h"
#include "protocol/queries.h"
#include "protocol/scripts.h"
#include "protocol/seconds.h"
#include "protocol/transitions.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

void check_shape(std::string_view script, bool good) {
  if (!good) throw DecodeError(fmt::format("the {} script answered in an unknown form", script));
}

/// Nothing for one beyond the year 9999: the job has it, and others must not suffer for it.
std::optional<Time> read_moment(const redis::Reply& reply) {
  constexpr Time kLast{std::chrono::seconds{253'402'300'799}};
  try {
    const Time moment = codec::parse_epoch(reply.text);
    return moment <= kLast ? std::optional(moment) : std::nullopt;
  } catch (const DecodeError&) {
    return std::nullopt;
  }
}

}  // namespace

redis::Batch claim(const ClaimRequest& request, std::chrono::seconds lease, Time now) {
  const std::string& worker = request.claimant.worker;
  std::string name(name_of(worker));
  std::vector<std::string> keys{keys::worker(name), keys::worker_executions(name),
                                keys::inbox(worker), keys::runs(worker)};
  for (const std::string& queue : request.queues) keys.push_back(keys::queue(queue));

  std::vector<std::string> args{
      codec::format_iso(now),
      codec::format_epoch(now),
      whole_seconds(now),
      std::to_string(lease.count()),
      std::move(name),
      request.look_into_inbox ? "1" : "0",
      request.show ? "1" : "0",
      std::to_string(request.execution_ids.size() - static_cast<std::size_t>(request.ahead)),
      request.begins_ahead ? "1" : "0",
      session_member(request.claimant.session),
      begun_score(request.claimant),
      std::to_string(request.number)};
  args.insert(args.end(), request.execution_ids.begin(), request.execution_ids.end());
  return redis::Batch{}.call(scripts::claim, keys, args);
}

redis::Batch begin_ahead(const Claimant& claimant) {
  return redis::Batch{}.add("ZADD", keys::runs(claimant.worker), "XX", begun_score(claimant),
                            "begun");
}

redis::Batch wait_for_arrival(std::string_view worker, std::string_view queue,
                              std::chrono::seconds timeout) {
  return redis::Batch{}.add("BLMOVE", keys::queue(queue), keys::inbox(worker), "LEFT", "RIGHT",
                            timeout.count());
}

redis::Batch look_for_arrival(std::string_view worker, std::string_view queue) {
  return redis::Batch{}.add("LMOVE", keys::queue(queue), keys::inbox(worker), "LEFT", "RIGHT");
}

redis::Batch claim_arrival(const ArrivalClaim& request) {
  const std::string& worker = request.claimant.worker;
  return redis::Batch{}.call(
      scripts::claim_arrival,
      {keys::worker(name_of(worker)), keys::inbox(worker), keys::runs(worker)},
      {request.queue, request.execution_id, session_member(request.claimant.session),
       begun_score(request.claimant), std::to_string(request.number)});
}

redis::Batch give_back(std::string_view worker, std::string_view queue, std::string_view job_id) {
  return redis::Batch{}.call(scripts::give_back, {keys::inbox(worker), keys::queue(queue)},
                             {std::string(job_id)});
}

namespace {

/// Of {name, value, ...}; empty if there is no such field.
std::string field_of(const std::vector<redis::Reply>& pairs, std::string_view name) {
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (pairs[i].text == name) return pairs[i + 1].text;
  }
  return {};
}

}  // namespace

std::vector<Started> read_started(redis::Reply list, std::string_view worker) {
  std::vector<Started> started;
  started.reserve(list.elements.size());
  for (redis::Reply& entry : list.elements) {
    check_shape("claim", entry.elements.size() == 6 && entry.elements[3].is_array());
    std::vector<redis::Reply>& fields = entry.elements[3].elements;
    Execution run{.id = std::move(entry.elements[1].text),
                  .job_id = std::move(entry.elements[0].text),
                  .queue = std::move(entry.elements[2].text),
                  .worker = std::string(worker),
                  .shown = entry.elements[5].number == 1,
                  .job_created = field_of(fields, "created_at"),
                  .limit_key = field_of(fields, "rate_limit_key")};
    started.push_back({.run = std::move(run),
                       .fields = std::move(fields),
                       .begun = entry.elements[4].number == 1});
  }
  return started;
}

std::optional<Started> read_arrival(const redis::Reply& reply, std::string_view worker) {
  check_shape("claim_arrival", reply.is_array());
  if (reply.elements.empty()) return std::nullopt;
  redis::Reply list;
  list.elements.push_back(reply);
  return std::move(read_started(std::move(list), worker).front());
}

Claim read_claim(redis::Reply reply, std::string_view worker) {
  const auto shape = [](bool good) { check_shape("claim", good); };
  shape(reply.elements.size() == 4 && reply.elements[0].is_array() &&
        reply.elements[1].is_array() && reply.elements[3].is_array());

  Claim claim{.started = read_started(std::move(reply.elements[0]), worker)};
  for (const redis::Reply& entry : reply.elements[1].elements) {
    shape(entry.elements.size() == 2);
    claim.skipped.push_back({.job_id = entry.elements[0].text, .reason = entry.elements[1].text});
  }
  for (const redis::Reply& entry : reply.elements[3].elements) {
    shape(entry.elements.size() == 2);
    claim.held.push_back(
        {.job_id = entry.elements[0].text, .until = read_moment(entry.elements[1])});
  }
  claim.more = reply.elements[2].number == 1;
  return claim;
}

}  // namespace rqpp::protocol
