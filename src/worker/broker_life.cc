// How a worker comes and goes, and what it does while Redis is away: wait, connect again, and find
// out what became of the commands that were on their way.

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "base/ids.h"
#include "codec/scalars.h"
#include "protocol/incarnation.h"
#include "protocol/queries.h"
#include "protocol/reconcile.h"
#include "protocol/rights.h"
#include "protocol/scheduling.h"
#include "protocol/transitions.h"
#include "redis/backoff.h"
#include "scheduler/start_check.h"
#include "worker/broker.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// Other workers wait for about the cap before they take one for dead (LeaseClock).
constexpr redis::Backoff kBackoff{.first = 200ms, .cap = 5'000ms};
/// Of waits whose end Redis has not confirmed, so many are remembered.
constexpr std::size_t kMostOldWaits = 1'000;
/// How long the goodbye may take.
constexpr auto kGoodbye = 2s;
/// The place of `origin` among kJobFields.
constexpr std::size_t kOriginField = 2;
static_assert(protocol::kJobFields.at(kOriginField) == "origin");
constexpr std::size_t kCreatedField = 9;
static_assert(protocol::kJobFields.at(kCreatedField) == "created_at");

double random_fraction() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

}  // namespace

std::vector<Event> Broker::begin(Time now) {
  take_rights(scheduler::check_start(connection_, options_.roles, log_));
  options_.worker.birth = options_.worker.last_heartbeat = now;
  const std::string& name = options_.worker.name;
  const auto patience = std::chrono::steady_clock::now() + options_.life.lease + 2s;
  for (bool told = false;; told = true) {
    redis::Batch batch = protocol::birth(options_.worker, self_, options_.life, {});
    // It must not begin a job of a queue that is paused before it has heard of that.
    batch.append(protocol::pauses(options_.worker.queues));
    if (!schedules()) batch.append(protocol::ask_who_schedules(options_.worker.queues));
    auto replies = connection_.try_run(batch);
    redis::throw_first_error(batch, {replies.front(), replies.at(1)});
    if (replies.front().is_text()) {
      state_ = State::up;
      up_since_ = std::chrono::steady_clock::now();
      lease_ends_ = replies.front().text;
      take_pauses(replies.at(1));
      if (!schedules()) warn_of_unscheduled(Replies(replies).subspan(2));
      break;
    }
    const bool may_be_dead = replies.front().number == -1;
    if (!may_be_dead || std::chrono::steady_clock::now() > patience) {
      throw InvalidArgument(fmt::format(
          "there is a worker named '{}' already: pick another --name, or stop that one", name));
    }
    if (!told) {
      log_.warning(fmt::format(
          "a worker named '{}' was alive some seconds ago: waiting to see whether it still is",
          name));
    }
    ::poll(nullptr, 0, 500);
  }
  listener_.start();
  return std::exchange(events_, {});
}

bool Broker::schedules() const {
  return std::find(options_.roles.begin(), options_.roles.end(), protocol::Role::scheduler) !=
         options_.roles.end();
}

/// Names each queue once, until it is scheduled or no job waits there any more.
void Broker::warn_of_unscheduled(Replies replies) {
  std::set<std::string> now;
  for (const auto& found : protocol::read_who_schedules(options_.worker.queues, replies)) {
    now.insert(found.queue);
    if (!unscheduled_.contains(found.queue)) log_.warning(protocol::to_text(found));
  }
  unscheduled_ = std::move(now);
}

void Broker::lose(const std::string& why, Loss loss) {
  if (state_ != State::down) {
    const bool was_up = state_ == State::up;
    state_ = State::down;
    if (was_up) {
      // What is refused again as soon as the connection is back needs a longer pause.
      const bool is_new = loss == Loss::connection || now_.steady - up_since_ > 2 * kBackoff.cap;
      if (is_new) failures_ = 0;
      lost_at_ = now_.steady;
      if (is_new || why != lost_because_) {
        lost_because_ = why;
        log_.error(fmt::format("{} Trying again until it is back.", why));
      }
      events_.emplace_back(RedisLost{});
    }
  }
  // What was on its way goes again, in the order in which it was said.
  std::deque<Write> kept;
  for (auto& parts : sent_) {
    std::copy_if(std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()),
                 std::back_inserter(kept),
                 [](const Write& part) { return part.outage == Outage::keep; });
  }
  for (Write& part : outgoing_) {
    if (part.outage == Outage::keep) kept.push_back(std::move(part));
  }
  outgoing_ = std::move(kept);
  sent_.clear();
  connection_.close();
  while (connection_.next_reply()) {
  }
  large_.disconnect();
  for (const auto& [queue, wait] : waits_) {
    const bool is_known = wait.waiting() && !wait.client_id().empty();
    if (is_known && old_waits_.size() < kMostOldWaits) old_waits_.push_back(wait.client_id());
  }
  waits_.clear();
  looks_.clear();
  no_lists_.clear();
  listener_.close();
  listen_at_.reset();
  pauses_end_at_.reset();
  trouble_.clear();
  failures_ += 1;
  retry_at_ = now_.steady + kBackoff.wait(failures_, random_fraction());
}

void Broker::connect_if_due() {
  if (state_ != State::down || now_.steady < retry_at_) return;
  state_ = State::connecting;
  connection_.start();
  listener_.start();
}

void Broker::take_rights(const protocol::MissingRights& missing) {
  const protocol::MissingRights needed = scheduler::needed(missing);
  if (needed.any()) throw CommandError(scheduler::refusal(needed, options_.roles, settings_));
  if (!missing.known) return;
  can_wait_ = !missing.lacks("blmove");
  can_end_waits_ = !missing.lacks("client|id") && !missing.lacks("client|unblock");
}

/// The connection is up again. Checks that Redis takes writes (it may be loading, full, or a
/// replica), that the user still has the rights of a worker, and that Redis still knows this
/// worker. From here on no claim that was sent before takes jobs, so what Redis says of the
/// worker's runs includes the results of claims whose answers were lost.
void Broker::recover() {
  state_ = State::recovering;
  ++self_.session;
  std::vector<Write> parts(1);
  parts[0].batch = scheduler::ask_for_rights(options_.roles);
  parts[0].batch.append(protocol::resume(self_, options_.life.lease));
  parts[0].batch.append(protocol::worker_standing(self_.worker));
  parts[0].on_reply = [this](Replies replies) {
    if (!has_its_rights(replies.front())) return;
    replies = replies.subspan(1);
    if (!replies.front().is_text()) {
      be_born_again();
      return;
    }
    const std::string& told = replies.front().text;
    lease_ends_ = told.substr(0, told.find(' '));
    const bool emptied = told.size() > lease_ends_.size();
    const protocol::Standing standing = protocol::read_worker_standing(replies.subspan(1));
    come_back();
    if (!standing.has_hash) {
      add({.batch = protocol::register_again(options_.worker, self_.worker, options_.life)});
    }
    if (emptied) {
      // Redis has not gone back: the next heartbeat restores what runs.
      log_.warning("Redis has lost the runs of this worker: their key was deleted");
      tell_back({});
    } else {
      reconcile(standing.runs);
    }
  };
  dispatch(std::move(parts));
}

bool Broker::has_its_rights(const redis::Reply& answer) {
  try {
    take_rights(protocol::read_missing_rights(answer));
    return true;
  } catch (const CommandError& refusal) {
    if (std::exchange(lost_because_, refusal.what()) != refusal.what()) log_.error(refusal.what());
    trouble_ = refusal.what();
    return false;
  }
}

/// Compares what Redis knows of this worker's runs with what the worker knows. What it had asked
/// for and not heard of it runs. What only Redis knows, since it has gone back to an earlier state,
/// it treats as a lost worker's. What only it knows has lost its job, or ends that were not
/// acknowledged have ended it: it is not begun, and what runs comes to an end that changes nothing.
void Broker::reconcile(const std::vector<protocol::Standing::Run>& in_redis) {
  RunLedger::Difference difference = ledger_.compare(in_redis);
  std::set<std::string> gone{difference.gone.begin(), difference.gone.end()};
  std::vector<std::string> ids;
  for (const auto& it : difference.answers) ids.push_back(it.run.job_id);
  for (const auto& run : difference.unknown) ids.push_back(run.job_id);
  if (ids.empty()) {
    tell_back(std::move(gone));
    return;
  }
  add({.batch = protocol::fetch_jobs(ids),
       .on_reply =
           [this, difference = std::move(difference), gone = std::move(gone)](Replies replies) {
             take_recovered(difference, replies);
             tell_back(gone);
           },
       // What is no hash is the trouble of one job.
       .takes_errors = true});
}

void Broker::take_recovered(const RunLedger::Difference& difference, Replies replies) {
  Claimed claimed;
  const auto take_over = [this](ClaimedJob job, const std::string& lost_worker) {
    ledger_.hold(job.run.id);
    Inherited inherited{.lost_worker = lost_worker};
    inherited.jobs.push_back(std::move(job));
    events_.emplace_back(std::move(inherited));
  };
  for (const auto& [run, asked] : difference.answers) {
    ClaimedJob job = recovered(run, replies.front());
    replies = replies.subspan(1);
    if (drop_if_not_its_job(job, run)) continue;
    if (asked.lost_worker) {
      take_over(std::move(job), *asked.lost_worker);
    } else {
      claimed.jobs.push_back(std::move(job));
      job_log_.claimed(claimed.jobs.back());
    }
  }
  for (const auto& run : difference.unknown) {
    ClaimedJob job = recovered(run, replies.front());
    replies = replies.subspan(1);
    if (!drop_if_not_its_job(job, run)) take_over(std::move(job), self_.worker);
  }
  if (!claimed.jobs.empty()) hand_over(std::move(claimed));
}

/// Forgets a run whose job was deleted and whose id now names another job.
bool Broker::drop_if_not_its_job(const ClaimedJob& job, const protocol::Standing::Run& run) {
  if (!job.error.empty() || protocol::may_be_its_job(run, job.job)) return false;
  ledger_.end(run.execution_id);
  add({.batch = protocol::drop_run(job.run)});
  return true;
}

/// `fields` are those of kJobFields.
ClaimedJob Broker::recovered(const protocol::Standing::Run& run, const redis::Reply& fields) const {
  ClaimedJob claimed{.run = {.id = run.execution_id,
                             .job_id = run.job_id,
                             .worker = self_.worker,
                             .shown = run.shown},
                     .begun = run.begun,
                     .claim = run.claim};
  claimed.job.id = run.job_id;
  try {
    if (fields.is_error()) throw DecodeError(fields.text);
    if (!fields.elements.empty()) {
      claimed.job.origin = fields.elements.at(kOriginField).text;
      claimed.run.job_created = fields.elements.at(kCreatedField).text;
    }
    if (auto job = protocol::read_job(run.job_id, fields.elements)) {
      claimed.job = std::move(*job);
    } else {
      claimed.error = "the job has no data";
    }
  } catch (const std::exception& error) {
    claimed.error = fmt::format("the job is malformed: {}", error.what());
  }
  claimed.run.queue = claimed.job.origin;
  claimed.run.limit_key = claimed.job.limit_key;
  return claimed;
}

/// Redis does not know this worker any more, or others have given it up: it begins anew, and what
/// it was before is left to whoever inherits it.
void Broker::be_born_again() {
  ledger_.forget_all();
  given_up_ = true;
  const std::string former = std::exchange(
      self_.worker, protocol::incarnation_of(options_.worker.name, base::new_uuid_hex()));
  std::vector<Write> parts(1);
  parts[0].batch = protocol::birth(options_.worker, self_, options_.life, former);
  parts[0].on_reply = [this](Replies replies) { take_birth(replies.front()); };
  dispatch(std::move(parts));
}

void Broker::take_birth(const redis::Reply& answer) {
  const std::string& name = options_.worker.name;
  if (answer.number == -1) {  // That lease may be of what this worker was before.
    if (!name_taken_since_) name_taken_since_ = now_.steady;
    if (now_.steady < *name_taken_since_ + options_.life.lease + 2s) {
      trouble_ = fmt::format("A worker named '{}' was alive some seconds ago.", name);
      return;
    }
  }
  name_taken_since_.reset();
  come_back();
  log_.warning(fmt::format(
      "worker {} was given up as lost while it was away; others have taken over what it ran",
      name));
  lease_ends_ = answer.text;
  name_is_taken_ = !answer.is_text();
  if (name_is_taken_) {
    log_.error(fmt::format("another process is the worker '{}' by now: this one stops", name));
    events_.emplace_back(StopRequested{});
  }
  tell_back({});
}

void Broker::tell_back(std::set<std::string> gone) {
  events_.emplace_back(
      RedisBack{.gone = std::move(gone), .given_up = std::exchange(given_up_, false)});
}

void Broker::take_renewal(const redis::Reply& reply) {
  protocol::Renewal renewal = protocol::read_renewal(reply);
  if (!renewal.known) {
    trouble_ = "Redis does not know this worker as it was some seconds ago.";
    return;
  }
  lease_ends_ = renewal.ends;
  events_.emplace_back(LeaseRenewed{.lost_workers = std::move(renewal.lost_workers),
                                    .ends = codec::parse_double("lease", lease_ends_)});
}

/// The answer to a heartbeat of runs. The script has restored runs that were removed from the key. If
/// the key has more members than this worker holds (it was edited, or Redis went back to an earlier
/// state), they are read once.
void Broker::take_shown(const redis::Reply& reply) {
  const protocol::Shown shown = protocol::read_shown(reply);
  constexpr std::int64_t kMarks = 2;  // the session, and `begun`
  if (shown.members < shown.listed + kMarks) {
    trouble_ = "Redis has lost what it knew of this worker's runs.";
  } else if (shown.members > ledger_.held() + kMarks && large_.empty()) {
    add({.batch = protocol::worker_standing(self_.worker), .on_reply = [this](Replies replies) {
           take_listed(protocol::read_worker_standing(replies));
         }});
  }
}

void Broker::take_listed(const protocol::Standing& standing) {
  RunLedger::Difference difference{.unknown = ledger_.unknown_of(standing.runs)};
  if (difference.unknown.empty()) return;
  log_.warning(fmt::format("Redis lists {} runs of this worker that it does not know",
                           difference.unknown.size()));
  std::vector<std::string> ids;
  for (const auto& run : difference.unknown) ids.push_back(run.job_id);
  add({.batch = protocol::fetch_jobs(ids),
       .on_reply = [this, difference = std::move(difference)](
                       Replies replies) { take_recovered(difference, replies); },
       .takes_errors = true});
}

void Broker::come_back() {
  state_ = State::up;
  up_since_ = now_.steady;
  const auto gone = std::chrono::duration_cast<std::chrono::seconds>(now_.steady - lost_at_);
  log_.info(fmt::format("Redis is back after {} s", gone.count()));
  end_old_waits();
}

void Broker::end(Time now) noexcept {
  try {
    flush(now_);
    const auto until = std::chrono::steady_clock::now() + kGoodbye;
    while (state_ == State::up && !(sent_.empty() && large_.empty()) &&
           std::chrono::steady_clock::now() < until) {
      std::vector<pollfd> fds;
      watch(fds);
      poll(fds.data(), fds.size(), 100);
      (void)step(fds, base::this_moment());
      flush(now_);
    }
    if (state_ == State::up) {
      redis::Batch goodbye = protocol::death(self_, options_.worker.queues, now);
      if (enqueued_.last > 0) goodbye.append(protocol::forget_sender(enqueued_.sender));
      connection_.run(goodbye, kGoodbye);
    }
  } catch (const std::exception& error) {
    log_.warning(fmt::format("cannot say goodbye to Redis: {}", error.what()));
  }
}

}  // namespace rqpp::worker
