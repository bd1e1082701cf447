// What Redis answers, and what the worker makes of it. What it says stands in broker.cc.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "worker/broker.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// How long the worker goes without hearing commands when that connection alone was lost.
constexpr auto kListenAgain = 1s;

/// True for errors that pass by themselves or by an operator's hand; the command is worth another
/// try after a pause.
bool will_pass(const std::string& error) {
  constexpr std::array<std::string_view, 9> kPassing{"OOM ",     "READONLY ",   "LOADING ",
                                                     "MISCONF ", "MASTERDOWN ", "TRYAGAIN",
                                                     "BUSY ",    "NOREPLICAS ", "CLUSTERDOWN "};
  return std::any_of(kPassing.begin(), kPassing.end(),
                     [&](std::string_view prefix) { return error.starts_with(prefix); });
}

}  // namespace

void Broker::watch(std::vector<pollfd>& fds) const {
  const auto add_one = [&fds](const auto& connection) {
    if (!connection.open() || connection.fd() < 0) return;
    fds.push_back({.fd = connection.fd(), .events = connection.events(), .revents = 0});
  };
  add_one(connection_);
  add_one(listener_.connection());
  for (const auto& [queue, wait] : waits_) add_one(wait.connection());
}

Moment::Steady Broker::next_step() const {
  if (state_ == State::down) return retry_at_;
  Moment::Steady next = connection_.deadline().value_or(Moment::Steady::max());
  next = std::min(next, listener_.connection().deadline().value_or(Moment::Steady::max()));
  if (listen_at_) next = std::min(next, *listen_at_);
  for (const auto& [queue, wait] : waits_) {
    next = std::min(next, wait.connection().deadline().value_or(Moment::Steady::max()));
  }
  return next;
}

std::vector<Event> Broker::step(std::span<const pollfd> fds, Moment now) {
  now_ = now;
  try {
    connect_if_due();
    step_all(fds);
  } catch (const Error& error) {
    // Whatever was complete before it broke still counts.
    try {
      read_replies();
    } catch (const Error&) {
    }
    lose(error.what());
  }
  return std::exchange(events_, {});
}

void Broker::step_connection(redis::Connection& connection, std::span<const pollfd> fds) {
  if (!connection.open()) return;
  for (const pollfd& it : fds) {
    if (it.fd == connection.fd() && it.revents != 0) {
      connection.step(it.revents);
      break;
    }
  }
  connection.check_deadline(now_.steady);
}

void Broker::step_listener(std::span<const pollfd> fds) {
  short revents = 0;
  for (const pollfd& it : fds) {
    if (it.fd == listener_.connection().fd()) revents = it.revents;
  }
  try {
    if (listen_at_ && now_.steady >= *listen_at_) {
      listen_at_.reset();
      listener_.start();
    }
    listener_.step(revents, now_.steady);
    for (Event& event : listener_.read()) events_.push_back(std::move(event));
  } catch (const Error& error) {
    // If Redis is away the other connection says so; if not, this one comes back by itself.
    if (state_ == State::up && deaf_because_ != error.what()) {
      deaf_because_ = error.what();
      log_.warning(
          fmt::format("commands to this worker are not heard: {} Trying again.", deaf_because_));
    }
    listener_.close();
    listen_at_ = now_.steady + kListenAgain;
  }
  if (state_ == State::up && listener_.suspension_may_have_changed()) ask_for_suspension();
}

void Broker::step_all(std::span<const pollfd> fds) {
  step_connection(connection_, fds);
  if (state_ == State::connecting && connection_.ready()) recover();
  read_replies();
  if (state_ != State::down) step_listener(fds);
  for (auto& [queue, wait] : waits_) {
    const bool anonymous = wait.client_id().empty();
    step_connection(wait.connection(), fds);
    if (auto end = wait.read()) take_arrival(queue, *std::move(end));
    if (unwatching_ && anonymous) unblock(queue);
  }
}

void Broker::read_replies() {
  while (auto replies = connection_.next_reply()) {
    std::vector<Part> parts = std::move(sent_.front());
    sent_.pop_front();
    Replies rest{*replies};
    for (Part& part : parts) {
      const Replies own = rest.first(part.batch.size());
      rest = rest.subspan(part.batch.size());
      take(std::move(part), own);
    }
  }
  if (!trouble_.empty()) throw CommandError(std::exchange(trouble_, {}));
}

void Broker::take(Part part, Replies replies) {
  const auto error = std::find_if(replies.begin(), replies.end(),
                                  [](const redis::Reply& reply) { return reply.is_error(); });
  if (error != replies.end() && !part.takes_errors) {
    refused(std::move(part), error->text);
    return;
  }
  try {
    if (part.on_reply) part.on_reply(replies);
  } catch (const DecodeError& nonsense) {
    trouble_ = fmt::format("Redis answers what we cannot read: {}.", nonsense.what());
  }
}

/// Redis answered a part with an error. What can succeed later is tried again after a pause.
void Broker::refused(Part part, const std::string& error) {
  const std::string text =
      fmt::format("Redis refuses {}: {}.", part.batch.commands().front().args.front(), error);
  const bool script = part.batch.commands().front().script != nullptr;
  // While it comes back each refusal means that it is not back yet; and without a claim or a lease
  // there is no work.
  const bool is_vital =
      state_ == State::recovering || (part.outage == Outage::drop && script && !part.if_refused);
  if (state_ != State::recovering && part.outage == Outage::keep && will_pass(error)) {
    outgoing_.push_back(std::move(part));
    trouble_ = text;
  } else if (is_vital) {
    trouble_ = text;
  } else {
    log_.error(text);
    if (part.if_refused) events_.push_back(std::move(*part.if_refused));
  }
}

void Broker::take_claim(redis::Reply reply, const Claim& asked,
                        const std::vector<std::string>& ids) {
  for (const std::string& id : ids) claiming_.erase(id);
  protocol::Claim claim = protocol::read_claim(std::move(reply), options_.worker.name);
  Claimed event{.asked = asked.count, .jobs = {}, .more = claim.more};
  for (auto& started : claim.started) {
    event.jobs.push_back(read_claimed(std::move(started.run), started.fields));
    event.jobs.back().run.shown = asked.show;
    event.jobs.back().begun = started.begun;
    job_log_.claimed(event.jobs.back());
  }
  for (const auto& skipped : claim.skipped) {
    job_log_.skipped(skipped);
  }
  for (const auto& held : claim.held) job_log_.held_back(held);
  hand_over(std::move(event));
}

void Broker::take_arrival(const std::string& queue, ArrivalWait::End end) {
  claiming_.erase(end.execution_id);
  if (end.claimed) {
    Claimed event{.jobs = {read_claimed(end.claimed->run, end.claimed->fields)}, .watched = queue};
    event.jobs.front().run.shown = false;
    event.jobs.front().begun = false;
    job_log_.claimed(event.jobs.front());
    hand_over(std::move(event));
  }
  if (!end.job_id.empty()) {
    events_.emplace_back(Arrived{queue, std::move(end.job_id)});
  } else if (!end.claimed) {
    events_.emplace_back(NothingArrived{queue});
  }
}

void Broker::take_pauses(const redis::Reply& reply) {
  protocol::Pauses pauses = protocol::read_pauses(options_.worker.queues, reply);
  if (pauses.suspended) {
    events_.emplace_back(Suspended{});
  } else {
    events_.emplace_back(Resumed{});
  }
  events_.emplace_back(QueuesPaused{std::move(pauses.queues)});
}

void Broker::take_inheritance(const redis::Reply& reply, const std::string& lost_worker,
                              const std::vector<std::string>& ids) {
  for (const std::string& id : ids) claiming_.erase(id);
  const auto inheritance = protocol::read_inheritance(reply, options_.worker.name);
  Inherited event{.lost_worker = lost_worker, .jobs = {}, .more = inheritance.more};
  for (const auto& started : inheritance.runs) {
    event.jobs.push_back(read_claimed(started.run, started.fields));
    event.jobs.back().begun = started.begun;
  }
  if (inheritance.news || !event.jobs.empty()) job_log_.inherited(event);
  if (!inheritance.more) finish_releases();
  events_.emplace_back(std::move(event));
}

ClaimedJob Broker::read_claimed(protocol::Execution run,
                                std::span<const redis::Reply> fields) const {
  ClaimedJob claimed{.run = std::move(run)};
  claimed.job = {.id = claimed.run.job_id, .origin = claimed.run.queue};
  try {
    if (auto job = protocol::read_whole_job(claimed.run.job_id, fields)) {
      claimed.job = std::move(*job);
    } else {
      claimed.error = "the job has no data";
    }
  } catch (const DecodeError& error) {
    claimed.error = fmt::format("the job is malformed: {}", error.what());
  }
  return claimed;
}

}  // namespace rqpp::worker
