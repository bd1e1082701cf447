#include "scheduler/scheduler.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "base/ids.h"
#include "protocol/keys.h"
#include "redis/backoff.h"
#include "scheduler/deed.h"

#include <rqpp/error.h>

namespace rqpp::scheduler {
namespace {

using namespace std::chrono_literals;

constexpr redis::Backoff kBackoff{.first = 200ms, .cap = 5'000ms};
constexpr auto kListenAgain = 1s;
/// How long the goodbye may take.
constexpr auto kGoodbye = 2s;
/// How long RQ sees the scheduler without a sign of life, as RQ's own.
constexpr auto kShown = 61s;

double random_fraction() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

short events_of(std::span<const pollfd> fds, int fd) {
  const auto found =
      std::find_if(fds.begin(), fds.end(), [fd](const pollfd& it) { return it.fd == fd; });
  return found == fds.end() ? short{0} : found->revents;
}

template <class Connection>
void watch_one(std::vector<pollfd>& fds, const Connection& connection) {
  if (!connection.open() || connection.fd() < 0) return;
  fds.push_back({.fd = connection.fd(), .events = connection.events(), .revents = 0});
}

}  // namespace

protocol::SchedulerRecord new_scheduler(std::vector<std::string> queues) {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  std::string name = base::new_uuid_hex();
  for (char& digit : name) {  // see SchedulerRecord::name
    if (digit >= 'a') digit = static_cast<char>(digit - 'a' + '0');
  }
  return {.name = std::move(name),
          .hostname = host.data(),
          .pid = getpid(),
          .queues = std::move(queues),
          .created_at = base::now()};
}

Scheduler::Scheduler(const Schedule::Options& options, const redis::Settings& settings,
                     base::Log log)
    : self_(new_scheduler(options.queues)),
      lease_(options.lease),
      log_(std::move(log)),
      schedule_(options),
      connection_(settings),
      subscriber_(settings) {
  subscriber_.hear_of_read_keys();
}

void Scheduler::stop(Moment now) {
  now_ = now;
  handle(StopRequested{});
}

void Scheduler::end() noexcept {
  try {
    stop(base::this_moment());
    const auto until = now_.steady + kGoodbye;
    std::vector<pollfd> fds;
    while (!finished() && now_.steady < until) {
      fds.clear();
      watch(fds);
      poll(fds.data(), fds.size(), 100);
      step(fds, base::this_moment());
    }
  } catch (const std::exception& error) {
    log_.warning(fmt::format("Scheduler: cannot say goodbye to Redis: {}", error.what()));
  }
}

void Scheduler::watch(std::vector<pollfd>& fds) const {
  watch_one(fds, connection_);
  watch_one(fds, subscriber_);
}

Moment::Steady Scheduler::next_step() const {
  if (finished()) return Moment::Steady::max();
  if (!connection_.open()) return retry_at_;
  Moment::Steady next = schedule_.next_tick();
  next = std::min(next, connection_.deadline().value_or(Moment::Steady::max()));
  next = std::min(next, subscriber_.deadline().value_or(Moment::Steady::max()));
  if (!subscriber_.open() && !told_.empty()) next = std::min(next, listen_at_);
  return next;
}

void Scheduler::step(std::span<const pollfd> fds, Moment now) {
  now_ = now;
  try {
    if (!finished()) take_step(fds);
  } catch (const std::exception& error) {
    lose(error.what());
  }
  if (finished()) {
    connection_.close();
    subscriber_.close();
  }
}

void Scheduler::take_step(std::span<const pollfd> fds) {
  connect_if_due();
  step_connection(fds);
  if (!connected_) return;
  step_subscriber(fds);
  if (schedule_.next_tick() <= now_.steady) handle(Tick{});
  connection_.flush();
}

void Scheduler::connect_if_due() {
  if (!connection_.open() && retry_at_ <= now_.steady) connection_.start();
}

void Scheduler::step_connection(std::span<const pollfd> fds) {
  if (!connection_.open()) return;
  if (const short revents = events_of(fds, connection_.fd())) connection_.step(revents);
  connection_.check_deadline(now_.steady);
  if (!connected_ && connection_.ready()) {
    connected_ = true;
    if (!lost_because_.empty()) log_.info("Scheduler: Redis is back");
    lost_because_.clear();
    handle(Connected{});
  }
  read_replies();
}

void Scheduler::read_replies() {
  while (const auto replies = connection_.next_reply()) {
    const Take take = std::move(sent_.front());
    sent_.pop_front();
    take(*replies);
    failures_ = 0;
  }
}

void Scheduler::handle(const Event& event) {
  for (const Action& action : schedule_.on(event, now_)) {
    if (std::holds_alternative<Finish>(action)) continue;
    Deed deed = deed_of(action, self_, lease_, log_, now_.wall);
    send(std::move(deed.batch),
         [this, read = std::move(deed.read)](Replies replies) { handle(read(replies)); });
  }
  if (std::holds_alternative<Held>(event) && !schedule_.leaving()) note_queues();
}

/// Says which queues are ours: to the log when that changes, to RQ as a sign of life.
void Scheduler::note_queues() {
  std::vector<std::string> ours = held();
  if (ours != told_) {
    log_.info(ours.empty() ? std::string("Scheduler: others schedule its queues now")
                           : fmt::format("Scheduler: schedules {}", fmt::join(ours, ", ")));
  }
  told_ = std::move(ours);
  if (told_.empty()) {
    subscriber_.close();
    return;
  }
  send(protocol::announce_scheduler(self_, kShown, now_.wall), [](Replies) {});
}

void Scheduler::step_subscriber(std::span<const pollfd> fds) {
  try {
    listen_if_wanted();
    if (!subscriber_.open()) return;
    if (const short revents = events_of(fds, subscriber_.fd())) subscriber_.step(revents);
    subscriber_.check_deadline(now_.steady);
    if (!tracking_ && subscriber_.listening()) track();
    while (const auto message = subscriber_.next_message()) {
      for (const std::string& queue : told_) {
        if (message->payload.empty() || message->payload == protocol::keys::scheduled(queue)) {
          handle(Changed{queue});
        }
      }
    }
  } catch (const ConnectionError&) {
    // Until it is back the queues are looked at each second.
    subscriber_.close();
    tracking_ = false;
    listen_at_ = now_.steady + kListenAgain;
    handle(Hearing{false});
  }
}

void Scheduler::listen_if_wanted() {
  if (subscriber_.open() || told_.empty() || listen_at_ > now_.steady) return;
  tracking_ = false;
  subscriber_.start();
}

/// What this connection reads from now on is tracked: when it changes, the subscriber hears of it.
void Scheduler::track() {
  tracking_ = true;
  if (subscriber_.client_id().empty()) return;
  send(
      redis::Batch{}.add("CLIENT", "TRACKING", "ON", "REDIRECT", subscriber_.client_id(), "NOLOOP"),
      [this](Replies replies) { handle(Hearing{!replies.front().is_error()}); });
}

void Scheduler::send(redis::Batch batch, Take take) {
  connection_.send(std::move(batch));
  sent_.push_back(std::move(take));
}

void Scheduler::lose(const std::string& why) {
  if (lost_because_ != why && !finished()) {
    log_.error(fmt::format("Scheduler: {} Trying again until it is back.", why));
  }
  lost_because_ = why;
  sent_.clear();
  connection_.close();
  while (connection_.next_reply()) {
  }
  subscriber_.close();
  connected_ = tracking_ = false;
  told_.clear();
  failures_ += 1;
  retry_at_ = now_.steady + kBackoff.wait(failures_, random_fraction());
  handle(Lost{});
}

namespace {

/// What some locks say is all that is left of a scheduler that could not go on.
void release(const protocol::SchedulerRecord& self, redis::Connection& connection,
             const base::Log& log) noexcept {
  try {
    const Deed deed = deed_of(Release{self.queues}, self, {}, log, base::now());
    connection.try_run(deed.batch);
  } catch (const std::exception&) {  // they run out
  }
}

void enqueue_by(Schedule& schedule, const protocol::SchedulerRecord& self,
                std::chrono::seconds lease, redis::Connection& connection, const base::Log& log) {
  std::deque<Event> events{Connected{}};
  while (!events.empty()) {
    const Actions actions = schedule.on(events.front(), base::this_moment());
    events.pop_front();
    for (const Action& action : actions) {
      if (std::holds_alternative<Finish>(action)) return;
      const Deed deed = deed_of(action, self, lease, log, base::now());
      events.push_back(deed.read(connection.try_run(deed.batch)));
    }
  }
}

}  // namespace

void enqueue_what_is_due(const std::vector<std::string>& queues, const redis::Settings& settings,
                         const base::Log& log) {
  const Schedule::Options options{.queues = queues, .once = true};
  const protocol::SchedulerRecord self = new_scheduler(queues);
  Schedule schedule(options);
  redis::Connection connection(settings);
  try {
    enqueue_by(schedule, self, options.lease, connection, log);
  } catch (...) {
    release(self, connection, log);
    throw;
  }
}

}  // namespace rqpp::scheduler
