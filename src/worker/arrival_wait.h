#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "redis/connection.h"

namespace rqpp::worker {

/// A blocking wait for an id in one queue, on a connection of its own. What arrives is moved into
/// the worker's inbox, so that a crash leaves nothing to guess (docs/protocol.md, "Waiting").
class ArrivalWait {
 public:
  /// `worker` is an incarnation.
  ArrivalWait(redis::Settings settings, std::string worker, std::string queue);

  struct Wait {
    std::chrono::seconds block{};  ///< Redis ends the wait after it; 1 s or more.
    bool can_be_ended = true;      ///< Whether client_id() is asked for: 1 command per connection.
  };
  /// Begins to wait, connecting if needed; then Redis claims what has arrived if there is a
  /// `claim`. Throws ConnectionError.
  void begin(Wait wait, std::optional<protocol::ArrivalClaim> claim);
  bool waiting() const { return waiting_; }

  /// The number by which CLIENT UNBLOCK ends the wait; empty until Redis has told it.
  const std::string& client_id() const { return client_id_; }

  redis::Connection& connection() { return connection_; }
  const redis::Connection& connection() const { return connection_; }

  /// What has come of it. Throws CommandError if Redis refuses the wait.
  struct End {
    bool no_list = false;  ///< The queue's key, or the inbox, is none: nothing can arrive.
    std::optional<protocol::ArrivalClaim> claim{};  ///< That is answered now, if any.
    std::optional<protocol::Started> claimed{};     ///< What that took.
    std::string job_id{};                           ///< What waits in the inbox, if anything.
  };
  std::optional<End> read();

 private:
  std::string worker_;
  std::string queue_;
  redis::Connection connection_;
  std::string client_id_{};
  std::optional<protocol::ArrivalClaim> claim_{};  // behind the wait
  bool waiting_ = false;
  bool awaits_id_ = false;
};

}  // namespace rqpp::worker
