// How a worker comes and goes, and what it does while Redis is away: wait, connect again, and find
// out what became of the commands that were on their way.

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "base/ids.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "redis/backoff.h"
#include "worker/broker.h"
#include "worker/ghost.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// Other workers wait for about the cap before they take one for dead (LeaseClock).
constexpr redis::Backoff kBackoff{.first = 200ms, .cap = 5'000ms};
/// How long the goodbye may take.
constexpr auto kGoodbye = 2s;

double random_fraction() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

}  // namespace

std::vector<Event> Broker::begin(Time now) {
  options_.worker.birth = options_.worker.last_heartbeat = now;
  const std::string& name = options_.worker.name;
  const auto patience = std::chrono::steady_clock::now() + options_.life.lease + 2s;
  for (bool told = false;; told = true) {
    redis::Batch batch = birth();
    // It must not begin a job of a queue that is paused before it has heard of that.
    batch.append(protocol::pauses(options_.worker.queues));
    const auto replies = connection_.run(batch);
    if (replies.front().number == 1) {
      take_pauses(replies.at(1));
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
  state_ = State::up;
  listener_.start();
  return std::exchange(events_, {});
}

redis::Batch Broker::birth() const {
  return protocol::birth(options_.worker, options_.life,
                         ghost_of(options_.worker.name, base::new_uuid_hex()));
}

/// Writes the worker's hash anew: Redis had lost it.
void Broker::bear() {
  redis::Batch batch = protocol::forget_worker(options_.worker.name);
  batch.append(birth());
  add(std::move(batch), {}, Outage::drop);
}

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
  listener_.close();
  listen_at_.reset();
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

/// The connection stands again. Does Redis take writes (it may be loading, full, or a replica), is
/// the worker still known, and did Redis answer a claim that we never heard of? Those jobs count as
/// started by us, so we must run them.
void Broker::recover() {
  state_ = State::recovering;
  std::vector<Part> parts(1);
  parts[0].batch = protocol::renew_lease(options_.worker.name, options_.life.lease);
  parts[0].batch.append(protocol::worker_standing(options_.worker.name));
  parts[0].on_reply = [this](Replies replies) {
    const protocol::Standing standing = protocol::read_worker_standing(replies.subspan(1));
    come_back();
    if (!standing.known) bear();
    recover_claims(standing.members);
  };
  dispatch(std::move(parts));
}

void Broker::recover_claims(const std::vector<std::string>& members) {
  const auto lost = std::exchange(claiming_, {});
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
      [this, runs = std::move(runs), lost](Replies replies) {
        take_recovered(runs, lost, replies);
        events_.emplace_back(RedisBack{});
      },
      Outage::drop);
}

void Broker::take_recovered(const std::vector<protocol::Execution>& runs,
                            const std::map<std::string, Lost>& lost, Replies replies) {
  Claimed claimed;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    protocol::Execution run = runs[i];
    run.queue = replies[i].elements.at(2).text;  // origin
    const Lost& lost_worker = lost.at(run.id);
    ClaimedJob job = read_claimed(std::move(run), replies[i].elements);
    if (!lost_worker) {
      job.begun = false;  // perhaps; the answer would have told
      claimed.jobs.push_back(std::move(job));
      job_log_.claimed(claimed.jobs.back());
    } else {
      Inherited inherited{.lost_worker = *lost_worker};
      inherited.jobs.push_back(std::move(job));
      events_.emplace_back(std::move(inherited));
    }
  }
  hand_over(std::move(claimed));
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
