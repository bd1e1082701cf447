#include "client/redis_session.h"

#include <unistd.h>

#include <cstddef>
#include <exception>
#include <utility>

namespace rqpp::client {
namespace {

constexpr std::size_t kMostSpares = 8;

/// Above this, what is small should not wait for what is large.
constexpr std::size_t kBytesTogether = std::size_t{64} << 10;

/// Lets go of a connection that a fork has copied. It belongs to the other process, and closing it
/// here could say goodbye to Redis in that process' name (TLS does); so it is left open.
template <class Line>
void abandon_if_inherited(std::unique_ptr<Line>& line) {
  if (line && line->owner != ::getpid()) static_cast<void>(line.release());
}

}  // namespace

RedisSession::Replies RedisSession::run(const redis::Batch& batch) {
  if (batch.empty()) return {};
  Caller caller{.batch = &batch};
  Lock turn(turn_);
  callers_.push_back(&caller);
  if (busy_) {
    caller.woken.wait(turn, [&] { return caller.done || caller.leads; });
  }
  if (!caller.done) lead(turn, caller);
  turn.unlock();
  if (caller.outcome.error != nullptr) std::rethrow_exception(caller.outcome.error);
  redis::throw_first_error(batch, caller.outcome.replies);
  return std::move(caller.outcome.replies);
}

/// Asks for all who wait, and leaves the turn to the first one who has come meanwhile.
void RedisSession::lead(Lock& turn, Caller& caller) {
  busy_ = true;
  const std::vector<Caller*> together = take_callers();
  turn.unlock();
  std::vector<redis::Connection::Outcome> outcomes = ask(together);
  turn.lock();
  // Redis should not wait: whoever is next is woken before those who have their replies.
  busy_ = !callers_.empty();
  if (busy_) {
    callers_.front()->leads = true;
    callers_.front()->woken.notify_one();
  }
  for (std::size_t i = 0; i < together.size(); ++i) {
    together[i]->outcome = std::move(outcomes[i]);
    together[i]->done = true;
    if (together[i] != &caller) together[i]->woken.notify_one();
  }
}

/// Those who came first, as far as what they send is small enough; the leader is among them.
std::vector<RedisSession::Caller*> RedisSession::take_callers() {
  std::vector<Caller*> taken;
  std::size_t bytes = 0;
  do {
    bytes += callers_.front()->batch->bytes();
    taken.push_back(callers_.front());
    callers_.pop_front();
  } while (!callers_.empty() && bytes + callers_.front()->batch->bytes() <= kBytesTogether);
  return taken;
}

std::vector<redis::Connection::Outcome> RedisSession::ask(const std::vector<Caller*>& callers) {
  std::vector<const redis::Batch*> batches;
  batches.reserve(callers.size());
  for (const Caller* caller : callers) batches.push_back(caller->batch);
  try {
    abandon_if_inherited(shared_);
    if (!shared_) shared_ = new_line();
    return shared_->connection.run_together(batches);
  } catch (const std::exception&) {  // there is no address to connect to
    redis::Connection::Outcome failed{.error = std::current_exception()};
    return std::vector<redis::Connection::Outcome>(callers.size(), failed);
  }
}

RedisSession::Replies RedisSession::run_aside(const redis::Batch& batch,
                                              std::chrono::milliseconds block) {
  Pointer line = take_spare();
  if (!line) line = new_line();
  const auto patience = line->connection.settings().io_timeout;
  Replies replies =
      line->connection.run(batch, patience.count() == 0 ? patience : patience + block);
  keep_spare(std::move(line));
  return replies;
}

RedisSession::Pointer RedisSession::new_line() {
  return std::make_unique<Line>(Line{redis::Connection(settings()), ::getpid()});
}

RedisSession::Pointer RedisSession::take_spare() {
  const std::lock_guard lock(state_);
  Pointer line;
  while (!line && !spare_.empty()) {
    line = std::move(spare_.back());
    spare_.pop_back();
    abandon_if_inherited(line);
  }
  return line;
}

void RedisSession::keep_spare(Pointer line) {
  const std::lock_guard lock(state_);
  if (spare_.size() < kMostSpares) spare_.push_back(std::move(line));
}

redis::Settings RedisSession::settings() {
  const std::lock_guard lock(state_);
  if (!settings_) settings_ = find_();
  return *settings_;
}

}  // namespace rqpp::client
