#include "scheduler/schedule.h"

#include <algorithm>
#include <variant>

#include "protocol/scheduling.h"

namespace rqpp::scheduler {
namespace {

using namespace std::chrono_literals;

/// Where Redis does not tell of changes, as often as RQ looks.
constexpr auto kLookWithoutHearing = 1s;
/// Where it does, changes that come fast are seen so often.
constexpr auto kLookAfterChange = 200ms;
/// Between two attempts at what Redis refuses.
constexpr auto kRest = 5s;
/// How soon a queue that is another's is asked for again, at the least and at the most.
constexpr std::chrono::milliseconds kAskSoonest = 1s;
constexpr std::chrono::milliseconds kAskLatest = 60s;
/// A lock is asked for when it has run out, not just before.
constexpr std::chrono::milliseconds kMargin = 50ms;
constexpr std::size_t kJobsPerCall = 50;

}  // namespace

Schedule::Schedule(const Options& options) : options_(options) {
  for (const std::string& name : options_.queues) queues_.emplace(name, Queue{});
}

Actions Schedule::on(const Event& event, Moment now) {
  now_ = now;
  actions_.clear();
  if (finished_) return {};
  std::visit([this](const auto& it) { handle(it); }, event);
  decide();
  return std::move(actions_);
}

std::vector<std::string> Schedule::held() const {
  std::vector<std::string> names;
  for (const auto& [name, queue] : queues_) {
    if (queue.ours) names.push_back(name);
  }
  return names;
}

void Schedule::handle(const Connected&) {
  connected_ = true;
  for (auto& [name, queue] : queues_) queue = Queue{.hold_at = now_.steady};
}

void Schedule::handle(const Lost&) {
  connected_ = hears_ = holding_ = moving_ = looking_ = false;
  for (auto& [name, queue] : queues_) queue = Queue{};
}

void Schedule::handle(const Hearing& event) {
  hears_ = event.changes;
  // What has changed until now nobody has told.
  for (auto& [name, queue] : queues_) queue.look_at = now_.steady;
}

void Schedule::handle(const Held& event) {
  holding_ = false;
  held_once_ = true;
  for (const Held::Queue& each : event.queues) {
    Queue& queue = queues_.at(each.name);
    if (each.ours) {
      queue.hold_at = now_.steady + options_.renewal;
      // Also when it was ours: should Redis have failed to tell of a change, it is seen now.
      queue.look_at = now_.steady;
      queue.ours = true;
    } else {
      const auto others = each.others_for.value_or(kAskLatest) + kMargin;
      queue = Queue{.hold_at = now_.steady + std::clamp(others, kAskSoonest, kAskLatest)};
    }
  }
}

void Schedule::handle(const Seen& event) {
  looking_ = false;
  take(event);
}

void Schedule::take(const Seen& seen) {
  for (const Seen::Queue& each : seen.queues) {
    Queue& queue = queues_.at(each.name);
    queue.due = each.due;
    queue.seen = true;
    queue.looked_at = now_.steady;
    queue.look_at = hears_ ? Moment::Steady::max() : now_.steady + kLookWithoutHearing;
  }
}

void Schedule::handle(const Moved& event) {
  moving_ = false;
  // However much is due, half of Redis' time is for others.
  if (!options_.once)
    move_after_ = now_.steady + std::min<Moment::Steady::duration>(now_.steady - moved_at_, kRest);
  take(event.seen);
  for (const std::string& name : event.lost) queues_.at(name) = Queue{.hold_at = now_.steady};
  for (const std::string& name : event.troubled) queues_.at(name).rest_until = now_.steady + kRest;
}

void Schedule::handle(const Changed& event) {
  const auto found = queues_.find(event.queue);
  if (found == queues_.end()) return;
  Queue& queue = found->second;
  queue.look_at = std::min(queue.look_at, queue.looked_at + kLookAfterChange);
}

void Schedule::handle(const Released&) { finished_ = true; }
void Schedule::handle(const StopRequested&) { stopping_ = true; }
void Schedule::handle(const Tick&) {}

void Schedule::decide() {
  if (stopping_ || has_done_once()) {
    stop();
  } else if (connected_) {
    hold();
    move();
    look();
  }
  if (finished_) actions_.emplace_back(Finish{});
}

void Schedule::hold() {
  if (holding_) return;
  std::vector<std::string> names;
  for (const auto& [name, queue] : queues_) {
    if (queue.hold_at <= now_.steady) names.push_back(name);
  }
  if (names.empty()) return;
  holding_ = true;
  actions_.emplace_back(Hold{std::move(names)});
}

bool Schedule::is_due(const Queue& queue) const {
  return queue.ours && queue.due && *queue.due <= now_.wall && queue.rest_until <= now_.steady;
}

void Schedule::move() {
  if (moving_ || move_after_ > now_.steady) return;
  std::vector<std::string> due;
  for (const auto& [name, queue] : queues_) {
    if (is_due(queue) && due.size() < protocol::kQueuesPerCall) due.push_back(name);
  }
  if (due.empty()) return;
  moving_ = true;
  moved_at_ = now_.steady;
  // Each queue its share: one with a million due jobs does not hold up those with one.
  const auto most = static_cast<int>(kJobsPerCall / due.size());
  actions_.emplace_back(Move{std::move(due), most});
}

void Schedule::look() {
  if (looking_) return;
  std::vector<std::string> old;
  for (const auto& [name, queue] : queues_) {
    if (queue.ours && queue.look_at <= now_.steady) old.push_back(name);
  }
  if (old.empty()) return;
  looking_ = true;
  actions_.emplace_back(Look{std::move(old)});
}

bool Schedule::has_done_once() const {
  if (!options_.once || !held_once_ || holding_ || moving_ || looking_) return false;
  return std::none_of(queues_.begin(), queues_.end(), [this](const auto& each) {
    return each.second.ours && (!each.second.seen || is_due(each.second));
  });
}

void Schedule::stop() {
  if (releasing_ || finished_) return;
  std::vector<std::string> ours = held();
  if (holding_) {
    // What is asked for is ours when Redis has answered, which nobody waits for.
    ours.clear();
    for (const auto& [name, queue] : queues_) ours.push_back(name);
  }
  if (!connected_ || ours.empty()) {
    finished_ = true;
    return;
  }
  releasing_ = true;
  actions_.emplace_back(Release{std::move(ours)});
}

Moment::Steady Schedule::next_step_of(const Queue& queue) const {
  Moment::Steady next = holding_ ? Moment::Steady::max() : queue.hold_at;
  if (!queue.ours) return next;
  if (!looking_) next = std::min(next, queue.look_at);
  if (!queue.due || moving_) return next;
  // The time of day may jump. Then a queue is late until its lock is renewed, 10 s at the most.
  const auto wait = std::max<std::chrono::microseconds>(*queue.due - now_.wall, 0us);
  const bool is_far = wait > std::chrono::hours{1};
  return is_far ? next
                : std::min(next, std::max({now_.steady + wait, queue.rest_until, move_after_}));
}

Moment::Steady Schedule::next_tick() const {
  Moment::Steady next = Moment::Steady::max();
  if (!connected_ || stopping_ || finished_) return next;
  for (const auto& [name, queue] : queues_) next = std::min(next, next_step_of(queue));
  return next;
}

}  // namespace rqpp::scheduler
