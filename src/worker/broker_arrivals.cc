// How the worker learns of jobs that arrive: by a wait of Redis for each queue, or, where Redis
// refuses that, by a look at it each second.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/keys.h"
#include "protocol/rights.h"
#include "protocol/transitions.h"
#include "redis/failure.h"
#include "worker/broker.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// A wait ends by itself before Redis would forget an idle worker, as in RQ.
constexpr auto kWaitMargin = 15s;
/// And so often that a dead connection is noticed within a minute: while Redis waits on it, nothing
/// else shows that, where a proxy keeps it open.
constexpr std::chrono::seconds kLongestBlock = 50s;
/// How often a queue is looked at where BLMOVE is refused, and how long a wait is where CLIENT
/// UNBLOCK is.
constexpr auto kLookAgain = 1s;

/// How soon a queue is waited on again whose key was no list.
constexpr auto kLookForList = 10s;

}  // namespace

void Broker::perform(const Watch& action) {
  if (state_ != State::up) return;
  if (!can_wait_) {
    unwatching_ = false;
    looks_[action.queue] = now_.steady + kLookAgain;
    return;
  }
  auto& wait =
      waits_.try_emplace(action.queue, settings_, self_.worker, action.queue).first->second;
  unwatching_ = false;
  const std::chrono::seconds block =
      can_end_waits_ ? std::clamp<std::chrono::seconds>(options_.life.ttl - 60s - kWaitMargin, 1s,
                                                        kLongestBlock)
                     : kLookAgain;
  std::optional<protocol::ArrivalClaim> claim;
  if (action.claims) {
    claim = {.claimant = self_, .number = ++claims_, .queue = action.queue};
    claim->execution_id = new_executions(1, {.claim = claims_}).front();
  }
  try {
    wait.begin({.block = block, .can_be_ended = can_end_waits_}, std::move(claim));
  } catch (const std::exception& error) {
    lose(error.what());
  }
}

void Broker::perform(const Unwatch&) {
  unwatching_ = true;
  for (const auto& [queue, wait] : waits_) unblock(queue);
  for (const auto& [queue, again] : std::exchange(no_lists_, {})) {
    events_.emplace_back(NothingArrived{queue});
  }
  for (auto& [queue, at] : looks_) at = now_.steady;
}

/// In place of waits, where Redis refuses BLMOVE.
void Broker::look_for_arrivals() {
  for (auto it = looks_.begin(); it != looks_.end();) {
    if (it->second > now_.steady) {
      ++it;
      continue;
    }
    const std::string queue = it->first;
    it = looks_.erase(it);
    if (unwatching_) {
      events_.emplace_back(NothingArrived{queue});
      continue;
    }
    add({.batch = protocol::look_for_arrival(self_.worker, queue),
         .on_reply = [this, queue](Replies replies) { take_look(queue, replies.front()); },
         .takes_errors = true});
  }
}

void Broker::unblock(const std::string& queue) {
  const ArrivalWait& wait = waits_.at(queue);
  if (!wait.waiting() || wait.client_id().empty() || !can_end_waits_) return;
  add({.batch = redis::Batch{}.add("CLIENT", "UNBLOCK", wait.client_id()),
       .on_reply =
           [this, queue](Replies replies) {
             // 0: the wait had not reached Redis yet, or its answer is on the way.
             if (replies.front().number == 0) unblock(queue);
           },
       // Otherwise the wait would last up to a minute; a new connection ends it at once.
       .vital = true});
}

/// Redis may not know yet that the connections of these waits are dead. It would move the next
/// arrivals into the inbox for them, where nobody looks: who waits longest is served first. This
/// goes out before the first claim, which looks into the inbox.
void Broker::end_old_waits() {
  if (!can_end_waits_) old_waits_.clear();  // they last for a second
  for (const std::string& client : old_waits_) {
    add({.batch = redis::Batch{}.add("CLIENT", "UNBLOCK", client),
         .on_reply = [this, client](Replies) { std::erase(old_waits_, client); },
         .takes_errors = true});
  }
}

void Broker::step_arrivals(std::span<const pollfd> fds) {
  look_for_arrivals();
  for (auto& [queue, wait] : waits_) {
    const bool anonymous = wait.client_id().empty();
    step_connection(wait.connection(), fds);
    if (auto end = read_wait(wait)) take_arrival(queue, *std::move(end));
    if (unwatching_ && anonymous) unblock(queue);
  }
  wait_for_lists();
}

/// Redis before 7.0 does not say beforehand that it refuses BLMOVE.
std::optional<ArrivalWait::End> Broker::read_wait(ArrivalWait& wait) {
  try {
    return wait.read();
  } catch (const CommandError& error) {
    const std::string_view why = error.what();
    const bool unknown = why.find("unknown command") != std::string_view::npos;
    if (unknown || protocol::is_missing_right(why)) can_wait_ = false;
    throw;
  }
}

void Broker::take_look(const std::string& queue, redis::Reply& reply) {
  if (reply.is_error() && redis::error_code(reply.text) != "WRONGTYPE") {
    trouble_ = fmt::format("Redis refuses LMOVE: {}.", reply.text);
    return;
  }
  ArrivalWait::End end{.no_list = reply.is_error()};
  if (reply.is_text()) end.job_id = std::move(reply.text);
  take_arrival(queue, std::move(end));
}

void Broker::take_arrival(const std::string& queue, ArrivalWait::End end) {
  if (end.no_list && !end.claimed) {
    if (end.claim) ledger_.took_none(end.claim->execution_id);
    name_bad_key(protocol::keys::queue(queue));
    no_lists_[queue] = now_.steady + kLookForList;
    return;
  }
  if (end.claimed) {
    Claimed event{.jobs = {read_claimed(end.claimed->run, end.claimed->fields)}, .watched = queue};
    event.jobs.front().begun = false;
    event.jobs.front().claim = end.claim->number;
    job_log_.claimed(event.jobs.front());
    hand_over(std::move(event));
  } else if (end.claim) {
    ledger_.took_none(end.claim->execution_id);
  }
  if (!end.job_id.empty()) {
    events_.emplace_back(Arrived{queue, std::move(end.job_id)});
  } else if (!end.claimed) {
    events_.emplace_back(NothingArrived{queue});
  }
}

void Broker::wait_for_lists() {
  for (auto it = no_lists_.begin(); it != no_lists_.end();) {
    if (now_.steady < it->second) {
      ++it;
      continue;
    }
    const std::string queue = it->first;
    it = no_lists_.erase(it);
    perform(Watch{queue, false});
    if (state_ != State::up) return;  // the wait could not begin, and all of them are over
  }
}

}  // namespace rqpp::worker
