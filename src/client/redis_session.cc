#include "client/redis_session.h"

#include <unistd.h>

#include <cstddef>
#include <utility>

namespace rqpp::client {
namespace {

constexpr std::size_t kMostSpares = 8;

/// Lets go of a connection that a fork has copied. It belongs to the other process, and closing it
/// here could say goodbye to Redis in that process' name (TLS does); so it is left open.
template <class Line>
void abandon_if_inherited(std::unique_ptr<Line>& line) {
  if (line && line->owner != ::getpid()) static_cast<void>(line.release());
}

}  // namespace

RedisSession::Replies RedisSession::run(const redis::Batch& batch) {
  const std::lock_guard turn(turn_);
  abandon_if_inherited(shared_);
  if (!shared_) shared_ = new_line();
  return shared_->connection.run(batch);
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
