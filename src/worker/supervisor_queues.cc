// What the Supervisor decides about queues: when to claim, when to wait for arrivals, when to rest.

#include <algorithm>
#include <utility>

#include "worker/supervisor.h"

namespace rqpp::worker {
namespace {

/// One claim takes at most this many, so that its script stays short.
constexpr int kMostPerClaim = 32;

}  // namespace

void Supervisor::handle(const Claimed& event) {
  asked_ -= event.asked;
  empty_ = !event.more && event.jobs.size() < static_cast<std::size_t>(event.asked);
  busy_ = busy_ || !event.jobs.empty();
  if (!event.jobs.empty()) idle_since_.reset();
  for (const ClaimedJob& job : event.jobs) {
    std::erase_if(offered_, [&](const Arrived& it) { return it.job_id == job.run.job_id; });
    if (job.error.empty()) {
      waiting_.push_back({job, now_.steady});
    } else {
      end_run({.execution = job.run, .job = job.job, .started = now_}, failure(job.error));
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

void Supervisor::handle(const Arrived& event) {
  watched_.erase(event.queue);
  arrivals_.push_back(event);
  seek_work();
}

void Supervisor::handle(const NothingArrived& event) {
  watched_.erase(event.queue);
  if (empty_) watch_queues();
}

/// Asks for as many jobs as there are free slots, unless every queue is known to be empty.
void Supervisor::seek_work() {
  if (!connected_ || finished_) return;
  int wanted = wants_work() ? std::min(free_slots() - asked_, kMostPerClaim) : 0;
  if (options_.max_jobs) {
    const auto left =
        *options_.max_jobs - jobs_started_ - asked_ - static_cast<std::int64_t>(waiting_.size());
    wanted = static_cast<int>(std::min<std::int64_t>(wanted, left));
  }
  if (wanted > 0 && !all_watched()) {
    claim(wanted);
  } else if (asked_ == 0 && wanted <= 0) {
    give_arrivals_back();
  }
}

/// What arrived is not for us: a waiting worker shall have it at once.
void Supervisor::give_arrivals_back() {
  for (const Arrived& arrival : arrivals_) {
    actions_.emplace_back(GiveBack{arrival.queue, arrival.job_id});
  }
  arrivals_.clear();
}

void Supervisor::claim(int count) {
  asked_ += count;
  actions_.emplace_back(Claim{count, look_into_inbox_ || !arrivals_.empty(), !pace_.quick()});
  look_into_inbox_ = false;
  offered_.insert(offered_.end(), arrivals_.begin(), arrivals_.end());
  arrivals_.clear();
}

void Supervisor::watch_queues() {
  if (options_.burst || !wants_work() || !connected_ || idle_horses() <= 0) return;
  for (const std::string& queue : options_.queues) {
    if (watched_.insert(queue).second) actions_.emplace_back(Watch{queue});
  }
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

// ---- Redis

void Supervisor::handle(const SettleAcknowledged&) {
  unacknowledged_ -= 1;
  if (suspended_) rest_if_idle();
}

void Supervisor::handle(const RedisLost&) {
  connected_ = false;
  asked_ = 0;
  inheriting_ = 0;
  watched_.clear();
  arrivals_.clear();
  offered_.clear();
  look_into_inbox_ = true;
  empty_ = false;
}

void Supervisor::handle(const RedisBack&) {
  connected_ = true;
  next_beat_ = now_.steady;
  lease_.start(now_.steady, now_.steady);
  if (suspended_) rest_if_idle();
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
  return options_.horses - running() - static_cast<int>(waiting_.size());
}

/// How many jobs may be claimed: as many as there are idle horses, and one ahead for each horse
/// while jobs are quick.
int Supervisor::free_slots() const { return idle_horses() + (pace_.quick() ? options_.horses : 0); }

/// When a job that waits behind running ones goes back.
std::optional<Moment::Steady> Supervisor::patience_ends() const {
  if (waiting_.empty() || running() < options_.horses) return std::nullopt;
  return waiting_.front().since + Pace::kLongestWait;
}

}  // namespace rqpp::worker
