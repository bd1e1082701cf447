#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <sys/types.h>

#include "client/session.h"
#include "redis/settings.h"

namespace rqpp::client {

/// The connections to one Redis.
class RedisSession final : public Session {
 public:
  /// Says where Redis is; asked once, at the first use.
  using Find = std::function<redis::Settings()>;

  RedisSession(Find find, Serializer serializer) : Session(serializer), find_(std::move(find)) {}

  /// On the shared connection.
  Replies run(const redis::Batch& batch) override;
  /// On a connection that nobody else has meanwhile.
  Replies run_aside(const redis::Batch& batch, std::chrono::milliseconds block) override;

 private:
  struct Line {
    redis::Connection connection;
    pid_t owner;  // the process that connected
  };
  using Pointer = std::unique_ptr<Line>;

  Pointer new_line();
  Pointer take_spare();
  void keep_spare(Pointer line);
  redis::Settings settings();

  const Find find_;

  std::mutex turn_{};  // held while Redis is asked on `shared_`
  Pointer shared_{};

  std::mutex state_{};  // of all below
  std::optional<redis::Settings> settings_{};
  std::vector<Pointer> spare_{};
};

}  // namespace rqpp::client
