#include "worker/broker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <random>
#include <utility>

#include "base/ids.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "redis/backoff.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

constexpr redis::Backoff kBackoff{.first = 200ms, .cap = 30'000ms};
/// A wait ends by itself before Redis would forget an idle worker, as in RQ.
constexpr auto kWaitMargin = 15s;
/// How long the goodbye may take.
constexpr auto kGoodbye = 2s;

double random_fraction() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

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
      connection_(settings_) {}

void Broker::begin(Time now) {
  options_.worker.birth = options_.worker.last_heartbeat = now;
  const auto replies = connection_.run(protocol::birth(options_.worker, options_.worker_ttl + 60s));
  if (replies.front().number == 0) {
    throw InvalidArgument(
        fmt::format("there is a worker named '{}' already: pick another --name, or stop that one",
                    options_.worker.name));
  }
  state_ = State::up;
}

// ---- what goes out

void Broker::add(redis::Batch batch, std::function<void(Replies)> on_reply, Outage outage) {
  // Without Redis only what must be kept is; the Supervisor asks for the rest again.
  if (state_ != State::up && outage == Outage::drop) return;
  outgoing_.push_back({std::move(batch), std::move(on_reply), outage});
}

void Broker::perform(const Settle& action) {
  const bool good = action.outcome.kind == Outcome::Kind::value;
  redis::Batch batch =
      good ? protocol::settle(action.job, action.run,
                              protocol::Succeeded{action.outcome.return_value}, action.times,
                              options_.result_ttl)
           : protocol::settle(action.job, action.run, protocol::Failed{action.outcome.exc_info},
                              action.times);
  Settle told{
      .job = action.job, .run = action.run, .outcome = action.outcome, .times = action.times};
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
                                 .look_into_inbox = action.look_into_inbox};
  for (int i = 0; i < action.count; ++i) request.execution_ids.push_back(base::new_uuid_hex());
  claiming_.insert(request.execution_ids.begin(), request.execution_ids.end());
  redis::Batch batch = protocol::claim(request, options_.lease, now);
  add(
      std::move(batch),
      [this, asked = action.count, ids = std::move(request.execution_ids)](Replies replies) {
        take_claim(replies.front(), asked, ids);
      },
      Outage::drop);
}

void Broker::perform(const Watch& action) {
  if (state_ != State::up) return;
  auto& wait =
      waits_.try_emplace(action.queue, settings_, options_.worker.name, action.queue).first->second;
  unwatching_ = false;
  try {
    wait.begin(std::max<std::chrono::seconds>(options_.worker_ttl - kWaitMargin, 1s));
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

void Broker::perform(const HandBack& action) {
  add(
      protocol::hand_back(action.run),
      [this](Replies) { events_.emplace_back(SettleAcknowledged{}); }, Outage::keep);
  outgoing_.back().settles = true;
}

void Broker::perform(const Beat& action, Time now) {
  constexpr std::size_t kRunsPerScript = 100;
  const std::span<const protocol::Execution> runs{action.runs};
  add(
      protocol::heartbeat(options_.worker.name, options_.worker_ttl + 60s, action.done, now),
      [this](Replies replies) {
        // The field was new, so the hash had vanished.
        if (replies.front().number == 1) bear();
      },
      Outage::drop);
  for (std::size_t i = 0; i < runs.size(); i += kRunsPerScript) {
    add(protocol::renew(options_.worker.name,
                        runs.subspan(i, std::min(kRunsPerScript, runs.size() - i)), options_.lease,
                        now),
        {}, Outage::drop);
  }
}

void Broker::perform(const BecomeIdle& action) {
  add(protocol::become_idle(options_.worker.name, action.done), {}, Outage::drop);
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

/// Writes the worker's hash anew: Redis had lost it.
void Broker::bear() {
  redis::Batch batch = protocol::forget_worker(options_.worker.name);
  batch.append(protocol::birth(options_.worker, options_.worker_ttl + 60s));
  add(std::move(batch), {}, Outage::drop);
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
  const auto add_one = [&fds](const redis::Connection& connection) {
    if (!connection.open() || connection.fd() < 0) return;
    fds.push_back({.fd = connection.fd(), .events = connection.events(), .revents = 0});
  };
  add_one(connection_);
  for (const auto& [queue, wait] : waits_) add_one(wait.connection());
}

Moment::Steady Broker::next_step() const {
  if (state_ == State::down) return retry_at_;
  Moment::Steady next = connection_.deadline().value_or(Moment::Steady::max());
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

void Broker::step_all(std::span<const pollfd> fds) {
  step_connection(connection_, fds);
  if (state_ == State::connecting && connection_.ready()) recover();
  read_replies();
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
  if (part.outage == Outage::keep && will_pass(error)) {
    outgoing_.push_back(std::move(part));
    trouble_ = text;
  } else if (part.outage == Outage::drop && script) {
    trouble_ = text;  // a claim or a lease: without them there is no work
  } else {
    log_.error(text);
    if (part.settles) events_.emplace_back(SettleAcknowledged{});
  }
}

void Broker::take_claim(const redis::Reply& reply, int asked, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) claiming_.erase(id);
  const protocol::Claim claim = protocol::read_claim(reply, options_.worker.name);
  Claimed event{.asked = asked, .jobs = {}, .more = claim.more};
  for (const auto& started : claim.started) {
    event.jobs.push_back(read_claimed(started.run, started.values));
  }
  for (const auto& skipped : claim.skipped) {
    job_log_.skipped(skipped);
  }
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
  job_log_.claimed(claimed);
  return claimed;
}

// ---- outages

void Broker::lose(const std::string& why) {
  if (state_ != State::down) {
    const bool was_up = state_ == State::up;
    state_ = State::down;
    if (was_up) {
      failures_ = 0;
      lost_at_ = now_.steady;
      log_.error(fmt::format("{} Trying again until it is back.", why));
      events_.emplace_back(RedisLost{});
    }
  }
  // What was on its way goes again, in the order in which it was said.
  std::deque<Part> kept;
  for (auto& parts : sent_) {
    std::copy_if(std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()),
                 std::back_inserter(kept),
                 [](const Part& part) { return part.outage == Outage::keep; });
  }
  for (Part& part : outgoing_) {
    if (part.outage == Outage::keep) kept.push_back(std::move(part));
  }
  outgoing_ = std::move(kept);
  sent_.clear();
  connection_.close();
  while (connection_.next_reply()) {
  }
  waits_.clear();
  trouble_.clear();
  failures_ += 1;
  retry_at_ = now_.steady + kBackoff.wait(failures_, random_fraction());
}

void Broker::connect_if_due() {
  if (state_ != State::down || now_.steady < retry_at_) return;
  state_ = State::connecting;
  connection_.start();
}

/// The connection stands again. Is the worker still known, and did Redis answer a claim that we
/// never heard of? Those jobs count as started by us, so we must run them.
void Broker::recover() {
  state_ = State::recovering;
  std::vector<Part> parts(1);
  parts[0].batch = protocol::worker_standing(options_.worker.name);
  parts[0].on_reply = [this](Replies replies) {
    const protocol::Standing standing = protocol::read_worker_standing(replies);
    come_back();
    if (!standing.known) bear();
    recover_claims(standing.members);
  };
  dispatch(std::move(parts));
}

void Broker::recover_claims(const std::vector<std::string>& members) {
  const std::set<std::string> lost = std::exchange(claiming_, {});
  std::vector<protocol::Execution> runs;
  std::vector<std::string> ids;
  for (const std::string& member : members) {
    const std::size_t colon = member.rfind(':');
    if (colon == std::string::npos || !lost.contains(member.substr(colon + 1))) continue;
    ids.push_back(member.substr(0, colon));
    runs.push_back(
        {.id = member.substr(colon + 1), .job_id = ids.back(), .worker = options_.worker.name});
  }
  if (ids.empty()) {
    events_.emplace_back(RedisBack{});
    return;
  }
  add(
      protocol::fetch_jobs(ids),
      [this, runs = std::move(runs)](Replies replies) {
        Claimed event;
        for (std::size_t i = 0; i < runs.size(); ++i) {
          protocol::Execution run = runs[i];
          run.queue = replies[i].elements.at(2).text;  // origin
          event.jobs.push_back(read_claimed(std::move(run), replies[i].elements));
        }
        events_.emplace_back(std::move(event));
        events_.emplace_back(RedisBack{});
      },
      Outage::drop);
}

void Broker::come_back() {
  state_ = State::up;
  const auto gone = std::chrono::duration_cast<std::chrono::seconds>(now_.steady - lost_at_);
  log_.info(fmt::format("Redis is back after {} s", gone.count()));
}

void Broker::end(Time now) noexcept {
  try {
    flush(now_);
    const auto until = std::chrono::steady_clock::now() + kGoodbye;
    while (state_ == State::up && !sent_.empty() && std::chrono::steady_clock::now() < until) {
      pollfd fd{.fd = connection_.fd(), .events = connection_.events(), .revents = 0};
      if (poll(&fd, 1, 100) > 0) connection_.step(fd.revents);
      read_replies();
    }
    if (state_ == State::up) {
      connection_.run(protocol::death(options_.worker.name, options_.worker.queues, now));
    }
  } catch (const std::exception& error) {
    log_.warning(fmt::format("cannot say goodbye to Redis: {}", error.what()));
  }
}

}  // namespace rqpp::worker
