#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "protocol/queries.h"
#include "redis/connection.h"

namespace rqpp::worker {

/// A blocking wait for an id in one queue, on a connection of its own. What arrives is moved into
/// the worker's inbox, so that a crash leaves nothing to guess (docs/protocol.md, "Waiting").
class ArrivalWait {
 public:
  ArrivalWait(redis::Settings settings, std::string worker, std::string queue);

  /// Begins to wait, connecting if needed; Redis ends the wait after `block`. What `claim` says, if
  /// anything (protocol::claim_arrival), Redis does when it has ended. Throws ConnectionError.
  void begin(std::chrono::seconds block, redis::Batch claim, std::string execution_id);
  bool waiting() const { return waiting_; }

  /// The number by which CLIENT UNBLOCK ends the wait; empty until Redis has told it.
  const std::string& client_id() const { return client_id_; }

  redis::Connection& connection() { return connection_; }
  const redis::Connection& connection() const { return connection_; }

  /// What has come of it. Throws CommandError if Redis refuses the wait.
  struct End {
    std::string execution_id{};                  ///< Of the claim that is answered now, if any.
    std::optional<protocol::Started> claimed{};  ///< What that took.
    std::string job_id{};                        ///< What waits in the inbox, if anything.
  };
  std::optional<End> read();

 private:
  std::string worker_;
  std::string queue_;
  redis::Connection connection_;
  std::string client_id_{};
  std::string execution_id_{};  // of the claim behind the wait, if there is one
  bool waiting_ = false;
};

}  // namespace rqpp::worker
