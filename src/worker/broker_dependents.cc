// How the worker tells jobs that one of those that they wait for has ended.

#include <algorithm>
#include <iterator>
#include <utility>

#include "protocol/dependencies.h"
#include "worker/broker.h"

namespace rqpp::worker {
namespace {

constexpr std::size_t kSlice = 50;

}  // namespace

/// Tells the next of them; the answer goes on from there.
void Broker::tell_dependents(Telling telling) {
  auto& [slice, rest, queued, settles] = telling;
  const std::size_t count = std::min(kSlice - slice.dependents.size(), rest.names.size());
  const auto end = rest.names.begin() + static_cast<std::ptrdiff_t>(count);
  std::move(rest.names.begin(), end, std::back_inserter(slice.dependents));
  rest.names.erase(rest.names.begin(), end);
  slice.last = rest.names.empty() && rest.cursor == "0";

  redis::Batch batch = protocol::release(slice, now_.wall);
  // A page more, in the same round trip.
  const bool turn = rest.names.empty() && rest.cursor != "0";
  if (turn) batch.append(protocol::dependents_page(slice.job_id, rest.cursor));
  const auto settle_anyway = [this, acknowledges = settles](const std::string&) {
    if (acknowledges) events_.emplace_back(SettleAcknowledged{});
  };
  add({.batch = std::move(batch),
       .on_reply =
           [this, turn, telling = std::move(telling)](Replies replies) {
             Telling next = telling;
             if (turn) next.rest = protocol::read_page(replies[1]);
             take_told(std::move(next), replies[0]);
           },
       .outage = Outage::keep,
       .on_refused = settle_anyway});
}

void Broker::take_told(Telling telling, const redis::Reply& reply) {
  const bool last = telling.slice.last;
  protocol::Released released = protocol::read_release(reply, telling.slice.dependents);
  telling.queued += released.queued.size();
  telling.slice.dependents = std::move(released.again);
  if (!last || !telling.slice.dependents.empty()) {
    tell_dependents(std::move(telling));
    return;
  }
  if (telling.queued > 0) job_log_.released(telling.slice.job_id, telling.queued);
  if (telling.settles) events_.emplace_back(SettleAcknowledged{.queued = telling.queued});
}

/// Does what a lost worker has not come to any more. What others are just about to do may be among
/// it; that it is done twice changes nothing.
void Broker::finish_releases() {
  add({.batch = protocol::unfinished_releases(), .on_reply = [this](Replies replies) {
         for (const std::string& id : protocol::read_ids(replies.front())) finish_release(id);
       }});
}

void Broker::finish_release(const std::string& job_id) {
  add({.batch = protocol::dependents_page(job_id, "0"), .on_reply = [this, job_id](Replies page) {
         tell_dependents({.slice = {.job_id = job_id}, .rest = protocol::read_page(page.front())});
       }});
}

}  // namespace rqpp::worker
