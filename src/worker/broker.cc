// What the worker says to Redis and what Redis answers. How a worker comes, goes, and outlives an
// outage stands in broker_life.cc.

#include "worker/broker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/ids.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// A wait ends by itself before Redis would forget an idle worker, as in RQ.
constexpr auto kWaitMargin = 15s;
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

Broker::Broker(Options options, redis::Settings settings, base::Log log)
    : options_(std::move(options)),
      settings_(std::move(settings)),
      log_(log),
      job_log_(std::move(log),
               {.describe_jobs = options_.describe_jobs, .result_ttl = options_.result_ttl}),
      connection_(settings_),
      listener_(settings_, options_.worker.name, log_) {}

// ---- what goes out

void Broker::add(redis::Batch batch, std::function<void(Replies)> on_reply, Outage outage) {
  // Without Redis only what must be kept is; the Supervisor asks for the rest again.
  if (state_ != State::up && outage == Outage::drop) return;
  outgoing_.push_back({std::move(batch), std::move(on_reply), outage});
}

redis::Batch Broker::settle(const Settle& end) const {
  switch (end.status) {
    case Status::finished:
      return protocol::settle(end.job, end.run, protocol::Succeeded{end.outcome.return_value},
                              end.times, options_.result_ttl);
    case Status::stopped:
      return protocol::settle(end.job, end.run, protocol::Stopped{end.outcome.exc_info}, end.times);
    default:
      return protocol::settle(end.job, end.run, protocol::Failed{end.outcome.exc_info}, end.times);
  }
}

void Broker::perform(const Settle& action) {
  redis::Batch batch = settle(action);
  Settle told = action;
  told.job.data.clear();
  told.outcome.return_value.clear();
  add(
      std::move(batch),
      [this, told = std::move(told)](Replies replies) {
        events_.emplace_back(SettleAcknowledged{});
        job_log_.settled(told, protocol::read_settled(replies.front()));
      },
      Outage::keep);
  outgoing_.back().settles = true;
}

void Broker::perform(const Claim& action, Time now) {
  if (state_ != State::up) return;
  protocol::ClaimRequest request{.worker = options_.worker.name,
                                 .queues = options_.worker.queues,
                                 .look_into_inbox = action.look_into_inbox,
                                 .show = action.show};
  request.execution_ids = new_executions(action.count, {});
  redis::Batch batch = protocol::claim(request, options_.lease, now);
  add(
      std::move(batch),
      [this, action, ids = std::move(request.execution_ids)](Replies replies) {
        take_claim(replies.front(), action, ids);
      },
      Outage::drop);
}

void Broker::perform(const Watch& action) {
  if (state_ != State::up) return;
  auto& wait =
      waits_.try_emplace(action.queue, settings_, options_.worker.name, action.queue).first->second;
  unwatching_ = false;
  try {
    wait.begin(std::max<std::chrono::seconds>(options_.life.ttl - 60s - kWaitMargin, 1s));
  } catch (const Error& error) {
    lose(error.what());
  }
}

void Broker::perform(const Unwatch&) {
  unwatching_ = true;
  for (const auto& [queue, wait] : waits_) unblock(queue);
}

void Broker::unblock(const std::string& queue) {
  const ArrivalWait& wait = waits_.at(queue);
  if (!wait.waiting() || wait.client_id().empty()) return;
  add(
      redis::Batch{}.add("CLIENT", "UNBLOCK", wait.client_id()),
      [this, queue](Replies replies) {
        // 0: the wait had not reached Redis yet, or its answer is on the way.
        if (replies.front().number == 0) unblock(queue);
      },
      Outage::drop);
}

void Broker::perform(const GiveBack& action) {
  add(protocol::give_back(options_.worker.name, action.queue, action.job_id), {}, Outage::keep);
}

void Broker::perform(const PutBack& action) {
  add(
      protocol::put_back(action.run, action.how),
      [this, told = PutBack{{.id = action.job.id}, action.run, action.how}](Replies replies) {
        events_.emplace_back(SettleAcknowledged{});
        if (replies.front().number == 1) job_log_.put_back(told);
      },
      Outage::keep);
  outgoing_.back().settles = true;
}

void Broker::perform(const RenewLease&) {
  add(
      protocol::renew_lease(options_.worker.name, options_.life.lease),
      [this](Replies replies) {
        events_.emplace_back(LeaseRenewed{protocol::read_lost_workers(replies.front())});
      },
      Outage::drop);
  if (!listener_.hears_of_suspension()) ask_for_suspension();
}

void Broker::perform(const Inherit& action, Time now) {
  constexpr int kMostRuns = 32;
  protocol::InheritRequest request{.lost = action.lost_worker, .heir = options_.worker.name};
  request.execution_ids = new_executions(kMostRuns, action.lost_worker);
  redis::Batch batch = protocol::inherit(request, options_.lease, options_.life.lease, now);
  add(
      std::move(batch),
      [this, request = std::move(request)](Replies replies) {
        take_inheritance(replies.front(), request.lost, request.execution_ids);
      },
      Outage::drop);
}

std::vector<std::string> Broker::new_executions(int count, const std::string& lost_worker) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    ids.push_back(base::new_uuid_hex());
    claiming_.emplace(ids.back(), lost_worker);
  }
  return ids;
}

void Broker::ask_for_suspension() {
  add(
      protocol::suspension(),
      [this](Replies replies) {
        if (protocol::read_suspension(replies.front())) {
          events_.emplace_back(Suspended{});
        } else {
          events_.emplace_back(Resumed{});
        }
      },
      Outage::drop);
}

void Broker::perform(const Beat& action, Time now) {
  add(
      protocol::heartbeat(options_.worker.name, options_.life.ttl, action.done, now),
      [this](Replies replies) {
        // The field was new, so the hash had vanished.
        if (replies.front().number == 1) bear();
      },
      Outage::drop);
  perform(Show{action.runs}, now);
}

void Broker::perform(const Show& action, Time now) {
  constexpr std::size_t kRunsPerScript = 100;
  const std::span<const protocol::Execution> runs{action.runs};
  for (std::size_t i = 0; i < runs.size(); i += kRunsPerScript) {
    add(protocol::renew(runs.subspan(i, std::min(kRunsPerScript, runs.size() - i)), options_.lease,
                        now),
        {}, Outage::drop);
  }
}

void Broker::perform(const Rest& action) {
  add(protocol::rest(options_.worker.name, action.suspended ? "suspended" : "idle", action.done),
      {}, Outage::drop);
}

void Broker::announce_stop(Time now) {
  add(protocol::announce_shutdown(options_.worker.name, now), {}, Outage::drop);
}

void Broker::save_meta(const MetaSaved& saved) {
  add(protocol::save_meta(saved.job_id, saved.meta), {}, Outage::keep);
}

void Broker::enqueue(const EnqueueRequest& request) {
  redis::Batch batch;
  if (announced_queues_.insert(request.job.origin).second) {
    batch = protocol::announce_queue(request.job.origin);
  }
  batch.append(protocol::enqueue(
      {&request.job, 1}, request.at_front ? protocol::Position::front : protocol::Position::back));
  add(std::move(batch), {}, Outage::keep);
}

void Broker::flush(Moment now) {
  now_ = now;
  if (state_ != State::up || outgoing_.empty()) return;
  dispatch({std::make_move_iterator(outgoing_.begin()), std::make_move_iterator(outgoing_.end())});
  outgoing_.clear();
}

void Broker::dispatch(std::vector<Part> parts) {
  redis::Batch all;
  for (Part& part : parts) all.append(part.batch);
  sent_.push_back(std::move(parts));
  try {
    connection_.send(std::move(all));
    connection_.flush();
  } catch (const Error& error) {
    lose(error.what());
  }
}

// ---- what comes back

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
    for (Event& event : wait.read()) events_.push_back(std::move(event));
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
  if (error != replies.end()) {
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
  const bool is_vital = state_ == State::recovering || (part.outage == Outage::drop && script);
  if (state_ != State::recovering && part.outage == Outage::keep && will_pass(error)) {
    outgoing_.push_back(std::move(part));
    trouble_ = text;
  } else if (is_vital) {
    trouble_ = text;
  } else {
    log_.error(text);
    if (part.settles) events_.emplace_back(SettleAcknowledged{});
  }
}

void Broker::take_claim(const redis::Reply& reply, const Claim& asked,
                        const std::vector<std::string>& ids) {
  for (const std::string& id : ids) claiming_.erase(id);
  const protocol::Claim claim = protocol::read_claim(reply, options_.worker.name);
  Claimed event{.asked = asked.count, .jobs = {}, .more = claim.more};
  for (const auto& started : claim.started) {
    event.jobs.push_back(read_claimed(started.run, started.values));
    event.jobs.back().run.shown = asked.show;
    job_log_.claimed(event.jobs.back());
  }
  for (const auto& skipped : claim.skipped) {
    job_log_.skipped(skipped);
  }
  events_.emplace_back(std::move(event));
}

void Broker::take_inheritance(const redis::Reply& reply, const std::string& lost_worker,
                              const std::vector<std::string>& ids) {
  for (const std::string& id : ids) claiming_.erase(id);
  const auto inheritance = protocol::read_inheritance(reply, options_.worker.name);
  Inherited event{.lost_worker = lost_worker, .jobs = {}, .more = inheritance.more};
  for (const auto& started : inheritance.runs) {
    event.jobs.push_back(read_claimed(started.run, started.values));
  }
  if (inheritance.news || !event.jobs.empty()) job_log_.inherited(event);
  events_.emplace_back(std::move(event));
}

ClaimedJob Broker::read_claimed(protocol::Execution run, Replies values) const {
  ClaimedJob claimed{.run = std::move(run)};
  claimed.job = {.id = claimed.run.job_id, .origin = claimed.run.queue};
  try {
    if (auto job = protocol::read_job(claimed.run.job_id, values)) {
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
