#include "worker/arrival_wait.h"

#include <utility>

#include "protocol/transitions.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// How much later than Redis should have ended a wait its connection counts as dead.
constexpr auto kReplyDelay = 10s;

}  // namespace

ArrivalWait::ArrivalWait(redis::Settings settings, std::string worker, std::string queue)
    : worker_(std::move(worker)), queue_(std::move(queue)), connection_(std::move(settings)) {}

void ArrivalWait::begin(std::chrono::seconds block) {
  if (!connection_.open()) {
    connection_.start();
    connection_.send(redis::Batch{}.add("CLIENT", "ID"));
    client_id_.clear();
  }
  connection_.send(protocol::wait_for_arrival(worker_, queue_, block), block + kReplyDelay);
  waiting_ = true;
  connection_.flush();
}

std::vector<Event> ArrivalWait::read() {
  std::vector<Event> events;
  while (auto replies = connection_.next_reply()) {
    const redis::Reply& reply = replies->front();
    if (reply.is_error())
      throw CommandError("Redis refuses to let us wait for jobs: " + reply.text + ".");
    if (client_id_.empty()) {
      client_id_ = std::to_string(reply.number);
      continue;
    }
    waiting_ = false;
    if (reply.is_text()) {
      events.emplace_back(Arrived{queue_, reply.text});
    } else {
      events.emplace_back(NothingArrived{queue_});
    }
  }
  return events;
}

}  // namespace rqpp::worker
