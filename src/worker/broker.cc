// What the worker says to Redis. What Redis answers is in broker_replies.cc; how jobs that arrive
// reach the worker in broker_arrivals.cc; how a worker starts, ends and survives an outage in
// broker_life.cc.

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
#include "worker/verdict.h"
#include "worker/webhooks.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

std::string unwritten(const std::string& why) {
  return fmt::format("The job was over, but its end could not be written to Redis: {}", why);
}

/// What is remembered of a run that has ended until Redis has acknowledged it.
Settle without_bytes(Settle end) {
  end.job.data.clear();
  end.outcome.return_value.clear();
  return end;
}

}  // namespace

Broker::Broker(Options options, redis::Settings settings, base::Log log)
    : options_(std::move(options)),
      self_{.worker = protocol::incarnation_of(options_.worker.name, base::new_uuid_hex())},
      settings_(std::move(settings)),
      log_(log),
      job_log_(std::move(log),
               {.describe_jobs = options_.describe_jobs, .result_ttl = options_.result_ttl}),
      connection_(settings_),
      listener_(settings_, options_.worker.name, log_),
      large_(settings_,
             {.answered = [this](Write& write, Replies replies) { take_aside(write, replies); },
              .given_up = [this](const Write& write,
                                 const std::string& why) { give_up(write, why); }}),
      enqueued_{.sender = base::new_uuid_hex()} {}

void Broker::add(Write write) {
  finish_now();
  const bool kept = write.outage == Outage::keep;
  // Without Redis only what must be kept is; the Supervisor asks for the rest again.
  if (state_ != State::up && !kept) return;
  const std::size_t bytes = write.batch.bytes();
  if (bytes > LargeWrites::kTooLarge) {
    give_up(write, fmt::format("{} bytes are more than Redis takes at once, {} MiB", bytes,
                               LargeWrites::kTooLarge >> 20));
  } else if (kept && (bytes >= LargeWrites::kLarge || large_.has(write.job_id))) {
    large_.add(std::move(write));
  } else {
    outgoing_.push_back(std::move(write));
  }
}

std::chrono::seconds Broker::result_ttl(const Settle& end) const {
  return std::chrono::seconds{end.job.result_ttl_seconds.value_or(options_.result_ttl.count())};
}

void Broker::perform(Settle action) {
  ledger_.ending(action.run.id);
  write_last_meta(action.run.job_id);
  const std::string id = action.run.job_id;
  const auto end = std::make_shared<Settle>(std::move(action));
  run_writes_.when_answered(
      id, [this, end](const std::string& refusal) { end_run(std::move(*end), refusal); });
}

/// What a run wrote and Redis refused has made it fail.
void Broker::end_run(Settle action, const std::string& refusal) {
  if (!refusal.empty()) {
    fail_instead(action, fmt::format("The job has failed, since what it saved or enqueued could "
                                     "not be written to Redis: {}",
                                     refusal));
    return;
  }
  if (!may_finish(action) || result_ttl(action) < 0s) {
    settle_now(action);
    return;
  }
  constexpr std::size_t kMostPerScript = 100;
  const bool alike = finishing_.empty() || (finishing_.front().run.queue == action.run.queue &&
                                            finishing_.front().run.worker == action.run.worker &&
                                            result_ttl(finishing_.front()) == result_ttl(action));
  if (!alike || finishing_.size() == kMostPerScript) finish_now();
  finishing_.push_back(std::move(action));
}

/// Ends runs that went well and are alike, in one script. What it leaves is settled by itself.
void Broker::finish_now() {
  if (finishing_.empty()) return;
  auto ends = std::make_shared<std::vector<Settle>>(std::exchange(finishing_, {}));
  const auto settle_each = [this, ends](const std::string&) {
    for (const Settle& end : *ends) settle_now(end);
  };
  redis::Batch batch;
  try {
    batch = finish(*ends, result_ttl(ends->front()), ends->back().times.ended);
  } catch (const std::exception& error) {
    settle_each(error.what());
    return;
  }
  add({.batch = std::move(batch),
       .on_reply = [this, ends](Replies replies) { take_finished(*ends, replies.front()); },
       .outage = Outage::keep,
       .on_refused = settle_each});
}

void Broker::take_finished(const std::vector<Settle>& ends, const redis::Reply& reply) {
  const std::vector<bool> settled = protocol::read_finish(reply, ends.size());
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (!settled[i]) {
      settle_now(ends[i]);
      continue;
    }
    ledger_.end(ends[i].run.id);
    job_log_.settled(ends[i], {.held = true});
    if (auto webhooks = webhooks_of(ends[i])) webhooks_.push_back(*std::move(webhooks));
  }
  const auto done = std::count(settled.begin(), settled.end(), true);
  if (done > 0) events_.emplace_back(SettleAcknowledged{.runs = static_cast<int>(done)});
}

void Broker::settle_now(const Settle& end) {
  write_end(end, [this, end = without_bytes(end)](const std::string& why) {
    fail_instead(end, unwritten(why));
  });
}

/// The end of a run that Redis will not write as it is: the job fails with a text that says why.
/// Where Redis refuses even that, nobody can do more than say so.
void Broker::fail_instead(const Settle& end, const std::string& text) {
  const Settle failure{.job = end.job,
                       .run = end.run,
                       .status = Status::failed,
                       .outcome = failed_with(text),
                       .times = end.times};
  write_end(failure, [this, id = end.run.job_id](const std::string& again) {
    log_.error(fmt::format("job {}: that it failed cannot be written either: {}", id, again));
    events_.emplace_back(SettleAcknowledged{});
  });
}

void Broker::write_end(const Settle& end, std::function<void(const std::string& why)> on_refused) {
  redis::Batch batch;
  std::optional<SendWebhooks> webhooks;
  try {
    batch = settle(end, options_.result_ttl);
    webhooks = webhooks_of(end);
  } catch (const std::exception& error) {  // a time, say, that no text can say
    on_refused(error.what());
    return;
  }
  add({.batch = std::move(batch),
       .on_reply = [this, told = without_bytes(end), webhooks = std::move(webhooks)](
                       Replies replies) { take_settled(told, webhooks, replies.front()); },
       .outage = Outage::keep,
       .on_refused = std::move(on_refused),
       .job_id = end.run.job_id});
}

void Broker::take_settled(const Settle& end, const std::optional<SendWebhooks>& webhooks,
                          const redis::Reply& reply) {
  const protocol::Settled settled = protocol::read_settled(reply);
  ledger_.end(end.run.id);
  job_log_.settled(end, settled);
  if (settled.held && webhooks) webhooks_.push_back(*webhooks);
  if (settled.dependents) {
    tell_dependents({.slice = {.job_id = end.run.job_id, .status = end.status},
                     .rest = *settled.dependents,
                     .settles = true});
  } else {
    events_.emplace_back(SettleAcknowledged{});
  }
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
  self_.begun = std::max(self_.begun, action.begins);
  if (state_ != State::up) return;
  protocol::ClaimRequest request{.claimant = self_,
                                 .number = ++claims_,
                                 .queues = action.queues,
                                 .ahead = action.ahead,
                                 .begins_ahead = action.begins > 0,
                                 .look_into_inbox = action.look_into_inbox,
                                 .show = action.show};
  request.execution_ids = new_executions(action.count, {.claim = request.number});
  redis::Batch batch = protocol::claim(request, options_.lease, now);
  add({.batch = std::move(batch),
       .on_reply = [this, action, request = std::move(request)](Replies replies) {
         take_claim(std::move(replies.front()), action, request);
       }});
}

void Broker::perform(const BeginAhead& action) {
  self_.begun = std::max(self_.begun, action.begins);
  add({.batch = protocol::begin_ahead(self_)});
}

void Broker::perform(const GiveBack& action) {
  add({.batch = protocol::give_back(self_.worker, action.queue, action.job_id),
       .outage = Outage::keep});
}

void Broker::perform(const PutBack& action, Time now) {
  ledger_.ending(action.run.id);
  write_last_meta(action.run.job_id);
  run_writes_.when_answered(action.run.job_id,
                            [this, action, now](const std::string&) { put_back(action, now); });
}

void Broker::put_back(const PutBack& action, Time now) {
  const Settle failed{.job = {.id = action.job.id, .origin = action.run.queue},
                      .run = action.run,
                      .times = {.started = action.run.started.value_or(now), .ended = now}};
  redis::Batch batch;
  try {
    batch = protocol::put_back(action.run, action.how, now);
  } catch (const std::exception& error) {
    fail_instead(failed, unwritten(error.what()));
    return;
  }
  add({.batch = std::move(batch),
       .on_reply =
           [this, told = PutBack{{.id = action.job.id}, action.run, action.how}](Replies replies) {
             ledger_.end(told.run.id);
             events_.emplace_back(SettleAcknowledged{});
             if (replies.front().number == 1) job_log_.put_back(told);
           },
       .outage = Outage::keep,
       .on_refused = [this,
                      failed](const std::string& why) { fail_instead(failed, unwritten(why)); },
       .job_id = action.run.job_id});
}

void Broker::perform(const RenewLease&) {
  if (name_is_taken_) return;  // it has none
  add({.batch = protocol::renew_lease(self_.worker, options_.life.lease, lease_ends_),
       .on_reply = [this](Replies replies) { take_renewal(replies.front()); }});
  if (!listener_.hears_of_suspension()) ask_for_suspension();
}

void Broker::perform(const Inherit& action, Time now) {
  protocol::InheritRequest request{.lost = action.lost_worker, .heir = self_};
  request.execution_ids = new_executions(kMostTakenOver, {.lost_worker = action.lost_worker});
  redis::Batch batch = protocol::inherit(request, options_.life, now);
  add({.batch = std::move(batch),
       .on_reply = [this, request = std::move(request)](Replies replies) {
         take_inheritance(replies.front(), request.lost, request.execution_ids);
       }});
}

std::vector<std::string> Broker::new_executions(int count, const RunLedger::Asked& asked) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    ids.push_back(base::new_uuid_hex());
    ledger_.ask(ids.back(), asked);
  }
  return ids;
}

void Broker::took_none(const std::vector<std::string>& execution_ids) {
  for (const std::string& id : execution_ids) ledger_.took_none(id);
}

void Broker::ask_for_suspension() {
  add({.batch = protocol::pauses(options_.worker.queues),
       .on_reply = [this](Replies replies) { take_pauses(replies.front()); }});
}

void Broker::perform(const Beat& action, Time now) {
  if (name_is_taken_) return;
  add({.batch = protocol::heartbeat(options_.worker.name, options_.life.ttl, action.done, now),
       .on_reply = [this](Replies replies) {
         // The field was new: the hash has expired, or others have given this worker up.
         if (replies.front().number == 1) trouble_ = "Redis has forgotten this worker.";
       }});
  perform(Show{action.runs}, now);
}

void Broker::perform(const Show& action, Time now) {
  constexpr std::size_t kRunsPerScript = 100;
  std::vector<protocol::Execution> runs = action.runs;
  // Without those that other workers have taken over, and those that were lost in an outage.
  std::erase_if(runs, [this](const auto& run) {
    return run.worker != self_.worker || !ledger_.holds(run.id);
  });
  const std::span<const protocol::Execution> all{runs};
  for (std::size_t i = 0; i < runs.size(); i += kRunsPerScript) {
    add({.batch = protocol::renew(all.subspan(i, std::min(kRunsPerScript, runs.size() - i)),
                                  options_.lease, now),
         .on_reply = [this](Replies replies) { take_shown(replies.front()); }});
  }
}

void Broker::perform(const NameJob& action) {
  if (name_is_taken_) return;
  add({.batch = protocol::name_job(options_.worker.name, action.job_id)});
}

void Broker::perform(const Rest& action) {
  if (name_is_taken_) return;
  add({.batch = protocol::rest(options_.worker.name, action.suspended ? "suspended" : "idle",
                               action.done)});
}

void Broker::announce_stop(Time now) {
  if (name_is_taken_) return;
  add({.batch = protocol::announce_shutdown(options_.worker.name, now)});
}

/// What a job writes while it runs.
void Broker::write_for(const std::string& job_id, const std::function<redis::Batch()>& make,
                       std::function<void()> done) {
  const auto answer = [this, job_id, done = std::move(done)](const std::string& refusal) {
    done();
    run_writes_.answered(job_id, refusal);
  };
  run_writes_.asked(job_id);
  try {
    add({.batch = make(),
         .on_reply = [answer](Replies) { answer({}); },
         .outage = Outage::keep,
         .on_refused = answer,
         .job_id = job_id});
  } catch (const std::exception& error) {
    answer(error.what());
  }
}

void Broker::flush(Moment now) {
  now_ = now;
  finish_now();
  if (state_ != State::up || outgoing_.empty()) return;
  // It is empty before anything is sent: should that fail, what must be kept comes back into it.
  std::deque<Write> writes = std::exchange(outgoing_, {});
  dispatch({std::make_move_iterator(writes.begin()), std::make_move_iterator(writes.end())});
}

void Broker::dispatch(std::vector<Write> writes) {
  redis::Batch all;
  for (const Write& write : writes) all.append(write.batch);
  sent_.push_back(std::move(writes));
  try {
    connection_.send(std::move(all));
    connection_.flush();
  } catch (const std::exception& error) {
    lose(error.what());
  }
}

}  // namespace rqpp::worker
