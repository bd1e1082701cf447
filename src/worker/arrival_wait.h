#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "redis/connection.h"
#include "worker/events.h"

namespace rqpp::worker {

/// A blocking wait for an id in one queue, on a connection of its own. What arrives is moved into
/// the worker's inbox, so that a crash leaves nothing to guess (docs/protocol.md, "Waiting").
class ArrivalWait {
 public:
  ArrivalWait(redis::Settings settings, std::string worker, std::string queue);

  /// Begins to wait, connecting if needed; Redis ends the wait after `block`. Throws
  /// ConnectionError.
  void begin(std::chrono::seconds block);
  bool waiting() const { return waiting_; }

  /// The number by which CLIENT UNBLOCK ends the wait; empty until Redis has told it.
  const std::string& client_id() const { return client_id_; }

  redis::Connection& connection() { return connection_; }
  const redis::Connection& connection() const { return connection_; }

  /// What has come of it: Arrived or NothingArrived, if anything. Throws CommandError if Redis
  /// refuses the wait.
  std::vector<Event> read();

 private:
  std::string worker_;
  std::string queue_;
  redis::Connection connection_;
  std::string client_id_{};
  bool waiting_ = false;
};

}  // namespace rqpp::worker
