#include "client/session.h"

#include <unistd.h>

#include <cstddef>
#include <utility>

namespace rqpp::client {
namespace {

constexpr std::size_t kMostSpares = 8;
constexpr std::chrono::minutes kAnnounceAgain{5};

/// Lets go of a connection that a fork has copied. It belongs to the other process, and closing it
/// here could say goodbye to Redis in that process' name (TLS does); so it is left open.
template <class Line>
void abandon_if_inherited(std::unique_ptr<Line>& line) {
  if (line && line->owner != ::getpid()) static_cast<void>(line.release());
}

}  // namespace

Session::Replies Session::run(const redis::Batch& batch) {
  const std::lock_guard turn(turn_);
  abandon_if_inherited(shared_);
  if (!shared_) shared_ = new_line();
  return shared_->connection.run(batch);
}

Session::Replies Session::run_aside(const redis::Batch& batch, std::chrono::milliseconds block) {
  Pointer line = take_spare();
  if (!line) line = new_line();
  const auto patience = line->connection.settings().io_timeout;
  Replies replies =
      line->connection.run(batch, patience.count() == 0 ? patience : patience + block);
  keep_spare(std::move(line));
  return replies;
}

bool Session::should_announce(std::string_view queue, Clock::time_point now) const {
  const std::lock_guard lock(state_);
  const auto found = announced_.find(queue);
  return found == announced_.end() || now - found->second >= kAnnounceAgain;
}

void Session::announced(std::string_view queue, Clock::time_point now) {
  const std::lock_guard lock(state_);
  announced_.insert_or_assign(std::string(queue), now);
}

Session::Pointer Session::new_line() {
  return std::make_unique<Line>(Line{redis::Connection(settings()), ::getpid()});
}

Session::Pointer Session::take_spare() {
  const std::lock_guard lock(state_);
  Pointer line;
  while (!line && !spare_.empty()) {
    line = std::move(spare_.back());
    spare_.pop_back();
    abandon_if_inherited(line);
  }
  return line;
}

void Session::keep_spare(Pointer line) {
  const std::lock_guard lock(state_);
  if (spare_.size() < kMostSpares) spare_.push_back(std::move(line));
}

redis::Settings Session::settings() {
  const std::lock_guard lock(state_);
  if (!settings_) settings_ = find_();
  return *settings_;
}

}  // namespace rqpp::client
