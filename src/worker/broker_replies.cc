// What Redis answers, and what the worker makes of it. What it says is in broker.cc.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <utility>

#include "protocol/keys.h"
#include "protocol/queries.h"
#include "protocol/rights.h"
#include "protocol/transitions.h"
#include "redis/failure.h"
#include "redis/request.h"
#include "scheduler/start_check.h"
#include "worker/broker.h"
#include "worker/job_results.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// How long the worker goes without hearing commands when that connection alone was lost.
constexpr auto kListenAgain = 1s;

/// So many unreadable replies to the same commands, each over a connection of its own, are enough.
constexpr int kMostUnreadable = 2;

/// True for errors that pass by themselves or by an operator's hand; the command is worth another
/// try after a pause.
bool will_pass(const std::string& error) {
  constexpr std::array<std::string_view, 9> kPassing{"OOM",     "READONLY",   "LOADING",
                                                     "MISCONF", "MASTERDOWN", "TRYAGAIN",
                                                     "BUSY",    "NOREPLICAS", "CLUSTERDOWN"};
  return std::find(kPassing.begin(), kPassing.end(), redis::error_code(error)) != kPassing.end();
}

std::string name_of_first(const redis::Batch& batch) {
  const redis::Batch::Encoded command = batch.encoded(0);
  if (command.script != nullptr) return fmt::format("the script '{}'", command.script->name());
  std::string_view words = command.words;
  return std::string(redis::take_word(words));
}

/// The executions for which the claim found no job.
std::vector<std::string> unused_of(std::vector<std::string> ids,
                                   std::span<const protocol::Started> started) {
  for (const protocol::Started& it : started) std::erase(ids, it.run.id);
  return ids;
}

}  // namespace

void Broker::watch(std::vector<pollfd>& fds) const {
  const auto add_one = [&fds](const auto& connection) {
    if (!connection.open() || connection.fd() < 0) return;
    fds.push_back({.fd = connection.fd(), .events = connection.events(), .revents = 0});
  };
  add_one(connection_);
  add_one(listener_.connection());
  add_one(large_.connection());
  for (const auto& [queue, wait] : waits_) add_one(wait.connection());
}

Moment::Steady Broker::next_step() const {
  if (state_ == State::down) return retry_at_;
  Moment::Steady next = connection_.deadline().value_or(Moment::Steady::max());
  next = std::min(next, listener_.connection().deadline().value_or(Moment::Steady::max()));
  if (listen_at_) next = std::min(next, *listen_at_);
  if (state_ == State::up) next = std::min(next, large_.next_step());
  for (const auto& [queue, at] : looks_) next = std::min(next, at);
  for (const auto& [queue, again] : no_lists_) next = std::min(next, again);
  if (pauses_end_at_) next = std::min(next, *pauses_end_at_);
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
  } catch (const CommandError& error) {
    lose(error.what(), Loss::refusal);
  } catch (const std::exception& error) {
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

void Broker::step_large(std::span<const pollfd> fds) {
  short revents = 0;
  for (const pollfd& it : fds) {
    if (it.fd == large_.connection().fd()) revents = it.revents;
  }
  large_.step(revents, now_.steady);
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
  } catch (const std::exception& error) {
    // If Redis is away the other connection says so; if not, this one comes back by itself.
    if (state_ == State::up && deaf_because_ != error.what()) {
      deaf_because_ = error.what();
      log_.warning(
          fmt::format("commands to this worker are not heard: {} Trying again.", deaf_because_));
    }
    listener_.close();
    listen_at_ = now_.steady + kListenAgain;
  }
  if (state_ != State::up) return;
  const bool pauses_end = pauses_end_at_ && now_.steady >= *pauses_end_at_;
  if (pauses_end) pauses_end_at_.reset();
  if (listener_.suspension_may_have_changed() || pauses_end) ask_for_suspension();
}

void Broker::step_all(std::span<const pollfd> fds) {
  try {
    step_connection(connection_, fds);
  } catch (const ConnectionError&) {
    read_replies();  // what was complete before it broke still counts
    throw;
  }
  if (state_ == State::connecting && connection_.ready()) recover();
  read_replies();
  if (state_ == State::up) step_large(fds);
  if (state_ != State::down) step_listener(fds);
  step_arrivals(fds);
}

void Broker::read_replies() {
  while (auto replies = connection_.next_reply()) {
    std::vector<Write> writes = std::move(sent_.front());
    sent_.pop_front();
    Replies rest{*replies};
    for (auto write = writes.begin(); write != writes.end(); ++write) {
      const Replies own = rest.first(write->batch.size());
      rest = rest.subspan(write->batch.size());
      try {
        take(*write, own);
      } catch (const std::exception& nonsense) {
        const std::string why =
            fmt::format("Redis answers what we cannot read: {}.", nonsense.what());
        if (++write->attempts == kMostUnreadable) give_up(*write++, why);
        // The replies behind it may be those to other commands: these have none yet.
        sent_.emplace_front(std::make_move_iterator(write), std::make_move_iterator(writes.end()));
        throw DecodeError(why);
      }
    }
  }
  if (!trouble_.empty()) throw CommandError(std::exchange(trouble_, {}));
}

/// Throws, and has told the Supervisor nothing, if the replies cannot be read.
void Broker::take(Write& write, Replies replies) {
  const auto error = std::find_if(replies.begin(), replies.end(),
                                  [](const redis::Reply& reply) { return reply.is_error(); });
  if (error != replies.end() && !write.takes_errors) {
    refused(std::move(write), error->text);
    return;
  }
  if (!write.on_reply) return;
  const auto told = static_cast<std::ptrdiff_t>(events_.size());
  try {
    write.on_reply(replies);
  } catch (...) {
    events_.erase(events_.begin() + told, events_.end());
    throw;
  }
}

/// An answer on the connection for large writes.
void Broker::take_aside(Write& write, Replies replies) {
  try {
    take(write, replies);
  } catch (const std::exception& nonsense) {
    give_up(write, fmt::format("Redis answers what we cannot read: {}.", nonsense.what()));
  }
}

/// Redis answered a write with an error. What can succeed later is tried again after a pause.
void Broker::refused(Write write, const std::string& error) {
  const bool script = write.batch.encoded(0).script != nullptr;
  const std::string text = fmt::format("Redis refuses {}: {}.", name_of_first(write.batch), error);
  // While it comes back each refusal means that it is not back yet; and without a claim or a lease
  // there is no work.
  const bool is_vital = state_ == State::recovering || write.vital ||
                        (write.outage == Outage::drop && script && !write.on_refused);
  if (state_ != State::recovering && write.outage == Outage::keep && will_pass(error)) {
    add(std::move(write));
    trouble_ = text;
  } else if (is_vital) {
    trouble_ = text;
  } else if (script && write.outage == Outage::keep && protocol::is_missing_right(error)) {
    ask_whether_rights_are_missing(std::move(write), text);
  } else {
    give_up(write, text);
  }
}

/// Scripts write nothing when a right is missing. If the worker lacks one, the write waits until
/// the worker has it; if not, what a job wants to write is not the worker's to write.
void Broker::ask_whether_rights_are_missing(Write refused, const std::string& error) {
  const auto kept = std::make_shared<Write>(std::move(refused));
  add({.batch = scheduler::ask_for_rights(options_.roles),
       .on_reply =
           [this, kept, error](Replies replies) {
             const auto missing = protocol::read_missing_rights(replies.front());
             if (!scheduler::needed(missing).any()) {
               give_up(*kept, error);
               return;
             }
             outgoing_.push_back(std::move(*kept));
             trouble_ = scheduler::refusal(scheduler::needed(missing), options_.roles, settings_);
           },
       .outage = Outage::keep,
       .on_refused = [this, kept](const std::string& why) { give_up(*kept, why); },
       .job_id = kept->job_id});
}

/// It will not be sent again.
void Broker::give_up(const Write& write, const std::string& why) {
  log_.error(why);
  if (write.on_refused) write.on_refused(why);
}

void Broker::take_claim(redis::Reply reply, const Claim& asked,
                        const protocol::ClaimRequest& request) {
  protocol::Claim claim = protocol::read_claim(std::move(reply), request.claimant.worker);
  const std::vector<std::string> unused = unused_of(request.execution_ids, claim.started);
  Claimed event{.asked = asked.count, .jobs = {}, .more = claim.more};
  for (auto& started : claim.started) {
    event.jobs.push_back(read_claimed(std::move(started.run), started.fields));
    event.jobs.back().begun = started.begun;
    event.jobs.back().claim = request.number;
    job_log_.claimed(event.jobs.back());
  }
  for (const auto& skipped : claim.skipped) {
    if (protocol::keys::queue_name(skipped.job_id).empty()) {
      job_log_.skipped(skipped);
    } else {
      name_bad_key(skipped.job_id);
    }
  }
  for (const auto& held : claim.held) job_log_.held_back(held);
  for (const ClaimedJob& job : event.jobs) run_writes_.forget(job.run.job_id);
  hand_over(std::move(event));
  took_none(unused);
}

/// A queue whose key is something else keeps no other one from being served.
void Broker::name_bad_key(const std::string& key) {
  if (!bad_keys_.insert(key).second) return;
  log_.error(fmt::format(
      "the key '{}' is no list, so no job can be taken from it: delete or rename it", key));
}

void Broker::take_pauses(const redis::Reply& reply) {
  protocol::Pauses pauses = protocol::read_pauses(options_.worker.queues, reply);
  if (pauses.suspended) {
    events_.emplace_back(Suspended{});
  } else {
    events_.emplace_back(Resumed{});
  }
  pauses_end_at_.reset();
  if (pauses.any()) ask_when_they_end(pauses);
  events_.emplace_back(QueuesPaused{std::move(pauses.queues)});
}

/// Redis is asked again in the moment in which the first pause ends by itself, by our own clock.
void Broker::ask_when_they_end(const protocol::Pauses& pauses) {
  add({.batch = protocol::pause_ends(pauses), .on_reply = [this](Replies replies) {
         const auto left = protocol::read_first_end(replies);
         if (left) pauses_end_at_ = now_.steady + *left;
       }});
}

void Broker::take_inheritance(const redis::Reply& reply, const std::string& lost_worker,
                              const std::vector<std::string>& ids) {
  const auto inheritance = protocol::read_inheritance(reply, self_.worker);
  Inherited event{.lost_worker = lost_worker, .jobs = {}, .more = inheritance.more};
  for (const auto& started : inheritance.runs) {
    event.jobs.push_back(read_claimed(started.run, started.fields));
    event.jobs.back().begun = started.begun;
    ledger_.hold(started.run.id);
  }
  took_none(ids);
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
      check_size(claimed);
    } else {
      claimed.error = "the job has no data";
    }
  } catch (const std::exception& error) {
    claimed.error = fmt::format("the job is malformed: {}", error.what());
  }
  return claimed;
}

}  // namespace rqpp::worker
