// What the Supervisor decides about queues: when to claim, when to wait for arrivals, when to rest.

#include <algorithm>
#include <utility>

#include "worker/supervisor.h"

namespace rqpp::worker {
namespace {

/// One claim takes at most this many, so that its script stays short.
constexpr int kMostPerClaim = 32;

}  // namespace

void Supervisor::handle(Claimed&& event) {
  if (!event.watched.empty()) {
    take_arrival(event);
    return;
  }
  asked_ -= event.asked;
  empty_ = !event.more && event.jobs.size() < static_cast<std::size_t>(event.asked);
  busy_ = busy_ || !event.jobs.empty();
  if (!event.jobs.empty()) idle_since_.reset();
  for (ClaimedJob& job : event.jobs) {
    order_.served(job.run.queue);
    std::erase_if(offered_, [&](const Arrived& it) { return it.job_id == job.run.job_id; });
    if (job.error.empty()) {
      waiting_.push_back({std::move(job), now_.steady});
    } else {
      end_run({.execution = std::move(job.run), .job = std::move(job.job), .started = now_},
              failed_with(job.error));
    }
  }
  // A claim that found less than it wanted has seen the whole inbox; else the rest is still there.
  if (!empty_) arrivals_.insert(arrivals_.end(), offered_.begin(), offered_.end());
  offered_.clear();
  assign_waiting();
  if (!wants_work()) put_back_waiting();
  if (empty_ && arrivals_.empty()) {
    watch_queues();
    rest_if_idle();
  } else {
    seek_work();
  }
}

/// A wait has claimed the job that it waited for. Most likely it came alone.
void Supervisor::take_arrival(const Claimed& event) {
  watched_.erase(event.watched);
  busy_ = true;
  idle_since_.reset();
  for (const ClaimedJob& job : event.jobs) {
    order_.served(job.run.queue);
    if (!job.error.empty()) {
      end_run({.execution = job.run, .job = job.job, .started = now_}, failed_with(job.error));
      continue;
    }
    waiting_.push_back({job, now_.steady});
    if (paused_.contains(event.watched) || claimable(1) < 1) put_back_last();
  }
  if (idle_horses() > 0 && connected_) {
    seek_work();  // says as well that this one begins
  } else if (!waiting_.empty() && connected_) {
    actions_.emplace_back(BeginAhead{});
    for (Waiting& it : waiting_) it.job.begun = true;
  }
  assign_waiting();
  if (idle_horses() > 0) seek_work();
}

void Supervisor::handle(const Arrived& event) {
  watched_.erase(event.queue);
  arrivals_.push_back(event);
  if (paused_.contains(event.queue)) {
    actions_.emplace_back(GiveBack{event.queue, event.job_id});
    arrivals_.pop_back();
  }
  seek_work();
}

void Supervisor::handle(const NothingArrived& event) {
  watched_.erase(event.queue);
  if (empty_) watch_queues();
}

/// Asks for a job for each idle horse, and for some ahead if none waits, unless every queue is
/// known to be empty.
void Supervisor::seek_work() {
  if (!connected_ || finished_) return;
  const int idle = std::max(idle_horses() - asked_, 0);
  const bool none_ahead = idle > 0 || (waiting_.empty() && asked_ == 0);
  const int wanted = claimable(idle + (none_ahead ? slots_ahead() : 0));
  if (wanted > 0 && !all_watched()) {
    claim(wanted, std::min(idle, wanted));
  } else if (asked_ == 0 && wanted <= 0) {
    give_arrivals_back();
  }
}

/// How many of so many jobs may be claimed.
int Supervisor::claimable(int wanted) const {
  if (!wants_work()) return 0;
  // A claim takes what the first queue has; by all strategies but one the next job may be
  // another's.
  const bool one_by_one =
      options_.strategy != DequeueStrategy::ordered && options_.queues.size() > 1;
  if (one_by_one && asked_ > 0) return 0;
  wanted = std::min(wanted, one_by_one ? 1 : kMostPerClaim);
  if (!options_.max_jobs) return wanted;
  const auto left =
      *options_.max_jobs - jobs_started_ - asked_ - static_cast<std::int64_t>(waiting_.size());
  return static_cast<int>(std::min<std::int64_t>(wanted, left));
}

/// A horse is free for what was taken ahead. Redis hears that it begins from the claim of what is
/// to come after it. False if Redis cannot hear it.
bool Supervisor::begin_ahead() {
  if (!connected_) return false;
  const int wanted = asked_ == 0 && !all_watched() ? claimable(slots_ahead()) : 0;
  if (wanted > 0) {
    claim(wanted, 0);
  } else {
    tell_ends();
    actions_.emplace_back(BeginAhead{});
    for (Waiting& it : waiting_) it.job.begun = true;
  }
  return true;
}

/// What arrived is not for us: a waiting worker shall have it at once.
void Supervisor::give_arrivals_back() {
  for (const Arrived& arrival : arrivals_) {
    actions_.emplace_back(GiveBack{arrival.queue, arrival.job_id});
  }
  arrivals_.clear();
}

void Supervisor::claim(int count, int at_once) {
  tell_ends();
  asked_ += count;
  bool begins_ahead = uncertain_;
  for (Waiting& it : waiting_) begins_ahead |= !std::exchange(it.job.begun, true);
  std::vector<std::string> queues = order_.next();
  std::erase_if(queues, [this](const std::string& queue) { return paused_.contains(queue); });
  actions_.emplace_back(Claim{.count = count,
                              .queues = std::move(queues),
                              .ahead = count - at_once,
                              .begins_ahead = begins_ahead,
                              .look_into_inbox = uncertain_ || !arrivals_.empty(),
                              .show = !pace_.quick()});
  uncertain_ = false;
  offered_.insert(offered_.end(), arrivals_.begin(), arrivals_.end());
  arrivals_.clear();
}

void Supervisor::watch_queues() {
  if (options_.burst || !wants_work() || !connected_ || idle_horses() <= 0) return;
  for (const std::string& queue : options_.queues) {
    if (paused_.contains(queue)) continue;
    // Of a job that is not over soon its claim has to write when it began, which no wait knows.
    const bool claims = options_.queues.size() == 1 && pace_.quick() && claimable(1) == 1;
    if (watched_.insert(queue).second) actions_.emplace_back(Watch{queue, claims});
  }
}

/// All queues that may be served are known to be empty.
bool Supervisor::all_watched() const {
  return std::all_of(options_.queues.begin(), options_.queues.end(), [this](const auto& queue) {
    return watched_.contains(queue) || paused_.contains(queue);
  });
}

void Supervisor::rest_if_idle() {
  if (!busy_ || !is_idle() || !connected_) return;
  busy_ = false;
  idle_since_ = now_.steady;
  actions_.emplace_back(Rest{suspended_, std::exchange(done_, {})});
}

// ---- suspension

void Supervisor::handle(const Suspended&) {
  if (suspended_) return;
  suspended_ = true;
  if (!watched_.empty()) actions_.emplace_back(Unwatch{});
  put_back_waiting();
  busy_ = true;  // to say what it is now
  rest_if_idle();
}

void Supervisor::handle(const Resumed&) {
  if (!suspended_) return;
  suspended_ = false;
  busy_ = true;
  empty_ = false;
  seek_work();
}

void Supervisor::handle(const QueuesPaused& event) {
  if (event.queues == paused_) return;
  paused_ = event.queues;
  // All waits end; those on the others begin again then.
  const bool waits = std::any_of(watched_.begin(), watched_.end(),
                                 [this](const auto& queue) { return paused_.contains(queue); });
  if (waits) actions_.emplace_back(Unwatch{});
  put_back_paused();
  seek_work();
}

// ---- Redis

void Supervisor::handle(const SettleAcknowledged& event) {
  unacknowledged_ -= event.runs;
  if (suspended_) rest_if_idle();
  if (event.queued == 0) return;
  empty_ = false;
  seek_work();
}

void Supervisor::handle(const RedisLost&) {
  connected_ = false;
  asked_ = 0;
  inheriting_ = 0;
  maintenance_.lose_answer();
  if (options_.burst) maintenance_.stop();  // it shall not wait for others to come back
  watched_.clear();
  arrivals_.clear();
  offered_.clear();
  uncertain_ = true;
  empty_ = false;
}

void Supervisor::handle(const RedisBack&) {
  connected_ = true;
  next_beat_ = now_.steady;
  lease_.start(now_.steady, now_.steady);
  maintenance_.wait_until(now_.steady + Maintenance::kAfterOutage);
  if (suspended_) rest_if_idle();
  assign_waiting();
  seek_work();
}

// ---- state

int Supervisor::running() const {
  return static_cast<int>(std::count_if(horses_.begin(), horses_.end(), [](const auto& item) {
    return item.second.run.has_value();
  }));
}

/// Horses that nobody needs; below 0 when jobs wait behind others.
int Supervisor::idle_horses() const {
  return options_.horses - running() - static_cast<int>(waiting_.size() + callbacks_.size());
}

/// How many jobs are worth taking before a horse is free for them.
int Supervisor::slots_ahead() const { return options_.horses * pace_.ahead(); }

/// When a job that waits behind running ones goes back.
std::optional<Moment::Steady> Supervisor::patience_ends() const {
  if (waiting_.empty() || running() < options_.horses) return std::nullopt;
  return waiting_.front().since + Pace::kLongestWait;
}

}  // namespace rqpp::worker
