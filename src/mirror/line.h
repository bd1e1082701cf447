#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <sys/types.h>

#include "redis/batch.h"
#include "redis/connection.h"
#include "redis/reply.h"
#include "redis/settings.h"

namespace rqpp::mirror {

/// One connection on which threads take turns, and which server is at its other end.
class Line {
 public:
  /// Says where Redis is; asked once, at the first use.
  using Find = std::function<redis::Settings()>;
  /// The largest page that is taken.
  static constexpr std::size_t kMaxReplyBytes = std::size_t{64} << 20;

  explicit Line(Find find) : find_(std::move(find)) {}

  struct Answer {
    redis::Reply reply{};
    /// The process that answered: cursors of another one mean nothing to it.
    std::string server{};
  };
  /// Sends one command. Throws as redis::Connection::run.
  Answer ask(const redis::Batch& command);

 private:
  redis::Connection& connection();
  bool learn_server();

  const Find find_;
  std::mutex turn_{};  // of all below
  std::unique_ptr<redis::Connection> connection_{};
  pid_t owner_ = 0;          // the process that connected
  std::uint64_t known_ = 0;  // Connection::starts() when `server_` answered
  std::string server_{};
};

}  // namespace rqpp::mirror
