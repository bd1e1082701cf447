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

}  // namespace

redis::Batch claim(const ClaimRequest& request, std::chrono::seconds lease, Time now) {
  std::vector<std::string> keys{keys::worker(request.worker),
                                keys::worker_executions(request.worker),
                                keys::inbox(request.worker)};
  for (const std::string& queue : request.queues) keys.push_back(keys::queue(queue));

  std::vector<std::string> args{
      codec::format_iso(now),
      codec::format_epoch(now),
      whole_seconds(now),
      std::to_string(lease.count()),
      request.worker,
      request.look_into_inbox ? "1" : "0",
      request.show ? "1" : "0",
      std::to_string(request.execution_ids.size() - static_cast<std::size_t>(request.ahead)),
      request.begins_ahead ? "1" : "0"};
  args.insert(args.end(), request.execution_ids.begin(), request.execution_ids.end());
  return redis::Batch{}.call(scripts::claim, keys, args);
}

redis::Batch begin_ahead(std::string_view worker) {
  return redis::Batch{}.add("HDEL", keys::worker(worker), "rqpp_ahead");
}

redis::Batch wait_for_arrival(std::string_view worker, std::string_view queue,
                              std::chrono::seconds timeout) {
  return redis::Batch{}.add("BLMOVE", keys::queue(queue), keys::inbox(worker), "LEFT", "RIGHT",
                            timeout.count());
}

redis::Batch claim_arrival(const ArrivalClaim& request, Time abandoned) {
  return redis::Batch{}.call(scripts::claim_arrival,
                             {keys::worker(request.worker), keys::worker_executions(request.worker),
                              keys::inbox(request.worker)},
                             {request.queue, whole_seconds(abandoned), request.execution_id});
}

redis::Batch give_back(std::string_view worker, std::string_view queue, std::string_view job_id) {
  return redis::Batch{}.call(scripts::give_back, {keys::inbox(worker), keys::queue(queue)},
                             {std::string(job_id)});
}

std::vector<Started> read_started(redis::Reply list, std::string_view worker) {
  std::vector<Started> started;
  started.reserve(list.elements.size());
  for (redis::Reply& entry : list.elements) {
    check_shape("claim", entry.elements.size() == 5 && entry.elements[3].is_array());
    started.push_back({.run = {.id = std::move(entry.elements[1].text),
                               .job_id = std::move(entry.elements[0].text),
                               .queue = std::move(entry.elements[2].text),
                               .worker = std::string(worker)},
                       .fields = std::move(entry.elements[3].elements),
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
        {.job_id = entry.elements[0].text, .until = codec::parse_epoch(entry.elements[1].text)});
  }
  claim.more = reply.elements[2].number == 1;
  return claim;
}

}  // namespace rqpp::protocol
