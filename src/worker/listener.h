#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "redis/subscriber.h"
#include "worker/events.h"

namespace rqpp::worker {

/// What is said to this worker: RQ's commands on its channel, and that `rq:suspended` has changed.
/// A connection of its own, that stands as long as the worker's other one does.
class Listener {
 public:
  Listener(redis::Settings settings, const std::string& worker, base::Log log);

  /// Begins to connect. Throws ConnectionError for what fails at once.
  void start() { subscriber_.start(); }
  void close() noexcept { subscriber_.close(); }

  const redis::Subscriber& connection() const { return subscriber_; }
  /// Throws ConnectionError when the connection failed.
  void step(short revents, Moment::Steady now);

  /// What was heard since the last time.
  std::vector<Event> read();
  /// True once after each moment from which on the suspension may be another one than was known.
  bool suspension_may_have_changed();
  /// False where Redis does not tell of changes: then somebody must ask.
  bool hears_of_suspension() const { return subscriber_.watches_keys(); }

 private:
  redis::Subscriber subscriber_;
  base::Log log_;
  bool was_listening_ = false;
  bool suspension_changed_ = false;
};

}  // namespace rqpp::worker
