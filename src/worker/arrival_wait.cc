#include "worker/arrival_wait.h"

#include <utility>

#include "protocol/transitions.h"
#include "redis/failure.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// How much later than Redis should have ended a wait its connection counts as dead.
constexpr auto kReplyDelay = 10s;

}  // namespace

ArrivalWait::ArrivalWait(redis::Settings settings, std::string worker, std::string queue)
    : worker_(std::move(worker)), queue_(std::move(queue)), connection_(std::move(settings)) {}

void ArrivalWait::begin(Wait wait, std::optional<protocol::ArrivalClaim> claim) {
  if (!connection_.open()) {
    connection_.start();
    awaits_id_ = wait.can_be_ended;
    if (awaits_id_) connection_.send(redis::Batch{}.add("CLIENT", "ID"));
    client_id_.clear();
  }
  redis::Batch batch = protocol::wait_for_arrival(worker_, queue_, wait.block);
  if (claim) batch.append(protocol::claim_arrival(*claim));
  connection_.send(std::move(batch), wait.block + kReplyDelay);
  claim_ = std::move(claim);
  waiting_ = true;
  connection_.flush();
}

std::optional<ArrivalWait::End> ArrivalWait::read() {
  while (auto replies = connection_.next_reply()) {
    const redis::Reply& reply = replies->front();
    const bool no_list = reply.is_error() && redis::error_code(reply.text) == "WRONGTYPE";
    if (reply.is_error() && !no_list)
      throw CommandError("Redis refuses to let us wait for jobs: " + reply.text + ".");
    if (std::exchange(awaits_id_, false)) {
      client_id_ = std::to_string(reply.number);
      continue;
    }
    waiting_ = false;
    End end{.no_list = no_list, .claim = std::exchange(claim_, std::nullopt)};
    if (reply.is_text()) end.job_id = reply.text;
    if (replies->size() < 2) return end;
    const redis::Reply& claim = replies->at(1);
    if (claim.is_error())
      throw CommandError("Redis refuses to let us claim what arrives: " + claim.text + ".");
    end.claimed = protocol::read_arrival(claim, worker_);
    if (end.claimed && end.claimed->run.job_id == end.job_id) end.job_id.clear();
    return end;
  }
  return std::nullopt;
}

}  // namespace rqpp::worker
