// What the Supervisor decides about queues: when to claim, when to wait for arrivals, when to rest.

#include <fmt/format.h>

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
  took(event.jobs);
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
  if (!left_.empty()) put_back_what_is_not_served();
  assign_waiting();
  if (!wants_work()) put_back_waiting();
  if (empty_ && arrivals_.empty()) {
    watch_queues();
  } else {
    seek_work();
  }
}

/// The claim has told Redis that the worker is busy, and with the last of these.
void Supervisor::took(const std::vector<ClaimedJob>& jobs) {
  if (jobs.empty()) return;
  busy_ = true;
  named_ = jobs.back().run.job_id;
  idle_since_.reset();
}

/// A wait has claimed the job that it waited for. Most likely it came alone.
void Supervisor::take_arrival(const Claimed& event) {
  watched_.erase(event.watched);
  took(event.jobs);
  for (const ClaimedJob& job : event.jobs) {
    order_.served(job.run.queue);
    if (!job.error.empty()) {
      end_run({.execution = job.run, .job = job.job, .started = now_}, failed_with(job.error));
      continue;
    }
    waiting_.push_back({job, now_.steady});
    if (!is_served(event.watched) || claimable(1) < 1) put_back_last();
  }
  if (idle_horses() > 0 && connected_) {
    seek_work();  // says as well that this one begins
  } else if (!waiting_.empty() && connected_) {
    actions_.emplace_back(BeginAhead{waiting_begin()});
  }
  assign_waiting();
  if (idle_horses() > 0) seek_work();
}

void Supervisor::handle(const Arrived& event) {
  watched_.erase(event.queue);
  arrivals_.push_back(event);
  if (!is_served(event.queue)) {
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
    actions_.emplace_back(BeginAhead{waiting_begin()});
  }
  return true;
}

/// All jobs that wait begin, as far as Redis is told. Returns the number of the last claim that
/// took one which had not, or 0.
std::int64_t Supervisor::waiting_begin() {
  std::int64_t last = 0;
  for (Waiting& it : waiting_) {
    if (!std::exchange(it.job.begun, true)) last = std::max(last, it.job.claim);
  }
  return last;
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
  std::vector<std::string> queues = order_.next();
  std::erase_if(queues, [this](const std::string& queue) { return !is_served(queue); });
  actions_.emplace_back(Claim{.count = count,
                              .queues = std::move(queues),
                              .ahead = count - at_once,
                              .begins = waiting_begin(),
                              .look_into_inbox = uncertain_ || !arrivals_.empty(),
                              .show = !pace_.quick()});
  uncertain_ = false;
  offered_.insert(offered_.end(), arrivals_.begin(), arrivals_.end());
  arrivals_.clear();
}

void Supervisor::watch_queues() {
  if (options_.burst || !wants_work() || !connected_ || idle_horses() <= 0) return;
  for (const std::string& queue : options_.queues) {
    if (!is_served(queue)) continue;
    // Of a job that is not over soon its claim has to write when it began, which no wait knows.
    const bool claims = options_.queues.size() == 1 && pace_.quick() && claimable(1) == 1;
    if (watched_.insert(queue).second) actions_.emplace_back(Watch{queue, claims});
  }
}

/// All queues that may be served are known to be empty.
bool Supervisor::all_watched() const {
  return std::all_of(options_.queues.begin(), options_.queues.end(), [this](const auto& queue) {
    return watched_.contains(queue) || !is_served(queue);
  });
}

/// Tells Redis that nothing runs here and nothing is asked for, whichever event has brought that.
void Supervisor::rest_if_idle() {
  if (!busy_ || !is_idle() || inheriting_ > 0 || !connected_ || finished_) return;
  busy_ = false;
  named_.clear();
  idle_since_ = now_.steady;
  actions_.emplace_back(Rest{suspended_, std::exchange(done_, {})});
}

/// The job that Redis names as this worker's has ended while others go on. While jobs come one
/// after the other each claim names another one, and nothing has to be said.
void Supervisor::name_what_runs() {
  if (named_.empty() || !connected_ || asked_ > 0 || !waiting_.empty()) return;
  const Horse* other = nullptr;
  for (const auto& [id, horse] : horses_) {
    if (!horse.run) continue;
    if (horse.run->job.id == named_) return;
    if (now_.steady >= shown_at(*horse.run)) other = &horse;  // it lasts
  }
  if (other == nullptr) return;
  named_ = other->run->job.id;
  actions_.emplace_back(NameJob{named_});
}

// ---- suspension

void Supervisor::handle(const Suspended&) {
  if (suspended_) return;
  suspended_ = true;
  if (!watched_.empty()) actions_.emplace_back(Unwatch{});
  put_back_waiting();
  busy_ = true;  // to say what it is now
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
  end_waits_on_what_is_not_served();
  put_back_what_is_not_served();
  seek_work();
}

/// All waits end; those on the other queues begin again then.
void Supervisor::end_waits_on_what_is_not_served() {
  const bool waits = std::any_of(watched_.begin(), watched_.end(),
                                 [this](const auto& queue) { return !is_served(queue); });
  if (waits) actions_.emplace_back(Unwatch{});
}

bool Supervisor::none_served() const {
  return std::none_of(options_.queues.begin(), options_.queues.end(),
                      [this](const auto& queue) { return is_served(queue); });
}

/// A job of this queue cannot run here, and others of the queue may be of its kind: each would be
/// claimed, given to a horse and put back, over and over.
void Supervisor::leave_to_others(const std::string& queue, const std::string& why) {
  const bool ours =
      std::find(options_.queues.begin(), options_.queues.end(), queue) != options_.queues.end();
  if (!ours || !left_.insert(queue).second) return;
  actions_.emplace_back(
      Warn{fmt::format("queue '{}' is left to other workers: {}. Then send SIGHUP to this worker, "
                       "or start it again",
                       queue, why)});
  end_waits_on_what_is_not_served();
  put_back_what_is_not_served();
}

// ---- Redis

void Supervisor::handle(const SettleAcknowledged& event) {
  unacknowledged_ -= event.runs;
  // The end may have been written after the last claim, and have brought a job into the queues: the
  // same one, which runs again, or one that its slot was kept from. A wait would notice.
  if (event.queued == 0 && !options_.burst) return;
  empty_ = false;
  seek_work();
}

void Supervisor::handle(const RedisLost&) {
  connected_ = false;
  asked_ = 0;
  inheriting_ = 0;
  maintenance_.lose_answer();
  if (options_.burst) maintenance_.stop();  // it shall not wait for others to come back
  looks_for_lost_ = false;
  watched_.clear();
  arrivals_.clear();
  offered_.clear();
  uncertain_ = true;
  empty_ = false;
}

void Supervisor::handle(const RedisBack& event) {
  connected_ = true;
  next_beat_ = now_.steady;
  lease_.start(now_.steady, now_.steady);
  // Others have these jobs. Of those that run the end will change nothing.
  std::erase_if(waiting_, [&event](const Waiting& it) {
    return event.given_up || event.gone.contains(it.job.run.id);
  });
  maintenance_.wait_until(now_.steady + Maintenance::kAfterOutage);
  busy_ = true;  // what was said last may not have been heard
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
