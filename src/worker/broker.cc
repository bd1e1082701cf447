// What the worker says to Redis. What Redis answers stands in broker_replies.cc; how a worker
// comes, goes, and outlives an outage, in broker_life.cc.

#include "worker/broker.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "base/ids.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "worker/settle.h"
#include "worker/webhooks.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// A wait ends by itself before Redis would forget an idle worker, as in RQ.
constexpr auto kWaitMargin = 15s;

}  // namespace

Broker::Broker(Options options, redis::Settings settings, base::Log log)
    : options_(std::move(options)),
      settings_(std::move(settings)),
      log_(log),
      job_log_(std::move(log),
               {.describe_jobs = options_.describe_jobs, .result_ttl = options_.result_ttl}),
      connection_(settings_),
      listener_(settings_, options_.worker.name, log_) {}

void Broker::add(redis::Batch batch, std::function<void(Replies)> on_reply, Outage outage) {
  finish_now();
  // Without Redis only what must be kept is; the Supervisor asks for the rest again.
  if (state_ != State::up && outage == Outage::drop) return;
  outgoing_.push_back({std::move(batch), std::move(on_reply), outage});
}

std::chrono::seconds Broker::result_ttl(const Settle& end) const {
  return std::chrono::seconds{end.job.result_ttl_seconds.value_or(options_.result_ttl.count())};
}

void Broker::perform(Settle action) {
  if (!may_finish(action) || result_ttl(action) < 0s) {
    settle_now(action);
    return;
  }
  constexpr std::size_t kMostPerScript = 100;
  const bool alike = finishing_.empty() || (finishing_.front().run.queue == action.run.queue &&
                                            result_ttl(finishing_.front()) == result_ttl(action));
  if (!alike || finishing_.size() == kMostPerScript) finish_now();
  finishing_.push_back(std::move(action));
}

/// Ends runs that went well and are alike, in one script. What it leaves is settled by itself.
void Broker::finish_now() {
  if (finishing_.empty()) return;
  auto ends = std::make_shared<std::vector<Settle>>(std::exchange(finishing_, {}));
  redis::Batch batch = finish(*ends, result_ttl(ends->front()), ends->back().times.ended);
  add(
      std::move(batch),
      [this, ends](Replies replies) {
        const std::vector<bool> settled = protocol::read_finish(replies.front(), ends->size());
        for (std::size_t i = 0; i < ends->size(); ++i) {
          if (!settled[i]) {
            settle_now((*ends)[i]);
            continue;
          }
          job_log_.settled((*ends)[i], {.held = true});
          if (auto webhooks = webhooks_of((*ends)[i])) webhooks_.push_back(*std::move(webhooks));
        }
        const auto done = std::count(settled.begin(), settled.end(), true);
        if (done > 0) events_.emplace_back(SettleAcknowledged{.runs = static_cast<int>(done)});
      },
      Outage::keep);
  outgoing_.back().if_refused = SettleAcknowledged{.runs = static_cast<int>(ends->size())};
}

void Broker::settle_now(const Settle& action) {
  redis::Batch batch = settle(action, options_.result_ttl);
  std::optional<SendWebhooks> webhooks = webhooks_of(action);
  Settle told = action;
  told.job.data.clear();
  told.outcome.return_value.clear();
  add(
      std::move(batch),
      [this, told = std::move(told), webhooks = std::move(webhooks)](Replies replies) {
        const protocol::Settled settled = protocol::read_settled(replies.front());
        job_log_.settled(told, settled);
        if (settled.held && webhooks) webhooks_.push_back(*webhooks);
        if (settled.dependents) {
          tell_dependents({.slice = {.job_id = told.run.job_id, .status = told.status},
                           .rest = *settled.dependents,
                           .settles = true});
        } else {
          events_.emplace_back(SettleAcknowledged{});
        }
      },
      Outage::keep);
  outgoing_.back().if_refused = SettleAcknowledged{};
}

/// As in RQ a field that nobody can read is no reason to fail the job.
std::optional<SendWebhooks> Broker::webhooks_of(const Settle& end) const {
  try {
    return webhooks_for(end);
  } catch (const DecodeError& error) {
    log_.warning(
        fmt::format("job {}: its webhooks are not sent: {}", end.run.job_id, error.what()));
    return std::nullopt;
  }
}

void Broker::perform(const Claim& action, Time now) {
  if (state_ != State::up) return;
  protocol::ClaimRequest request{.worker = options_.worker.name,
                                 .queues = action.queues,
                                 .ahead = action.ahead,
                                 .begins_ahead = action.begins_ahead,
                                 .look_into_inbox = action.look_into_inbox,
                                 .show = action.show};
  request.execution_ids = new_executions(action.count);
  redis::Batch batch = protocol::claim(request, options_.lease, now);
  add(
      std::move(batch),
      [this, action, ids = std::move(request.execution_ids)](Replies replies) {
        take_claim(std::move(replies.front()), action, ids);
      },
      Outage::drop);
}

void Broker::perform(const BeginAhead&) {
  add(protocol::begin_ahead(options_.worker.name), {}, Outage::drop);
}

void Broker::perform(const Watch& action, Time now) {
  if (state_ != State::up) return;
  auto& wait =
      waits_.try_emplace(action.queue, settings_, options_.worker.name, action.queue).first->second;
  unwatching_ = false;
  const auto block = std::max<std::chrono::seconds>(options_.life.ttl - 60s - kWaitMargin, 1s);
  redis::Batch claim;
  std::string execution_id;
  if (action.claims) {
    execution_id = new_executions(1).front();
    claim = protocol::claim_arrival(
        {.worker = options_.worker.name, .queue = action.queue, .execution_id = execution_id},
        now + block + options_.lease);
  }
  try {
    wait.begin(block, std::move(claim), std::move(execution_id));
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

void Broker::perform(const PutBack& action, Time now) {
  add(
      protocol::put_back(action.run, action.how, now),
      [this, told = PutBack{{.id = action.job.id}, action.run, action.how}](Replies replies) {
        events_.emplace_back(SettleAcknowledged{});
        if (replies.front().number == 1) job_log_.put_back(told);
      },
      Outage::keep);
  outgoing_.back().if_refused = SettleAcknowledged{};
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
  protocol::InheritRequest request{.lost = action.lost_worker, .heir = options_.worker.name};
  request.execution_ids = new_executions(kMostTakenOver, action.lost_worker);
  redis::Batch batch = protocol::inherit(request, options_.lease, options_.life.lease, now);
  add(
      std::move(batch),
      [this, request = std::move(request)](Replies replies) {
        take_inheritance(replies.front(), request.lost, request.execution_ids);
      },
      Outage::drop);
}

std::vector<std::string> Broker::new_executions(int count, const Lost& lost) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    ids.push_back(base::new_uuid_hex());
    claiming_.emplace(ids.back(), lost);
  }
  return ids;
}

void Broker::ask_for_suspension() {
  add(
      protocol::pauses(options_.worker.queues),
      [this](Replies replies) { take_pauses(replies.front()); }, Outage::drop);
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
  finish_now();
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

}  // namespace rqpp::worker
