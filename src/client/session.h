#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "redis/batch.h"
#include "redis/connection.h"
#include "redis/settings.h"

#include <rqpp/enqueue_options.h>

namespace rqpp::client {

/// What a queue, its copies and its jobs share: the connections to one Redis. For any number of
/// threads.
class Session {
 public:
  using Clock = std::chrono::steady_clock;
  using Replies = redis::Connection::Replies;
  /// Says where Redis is; asked once, at the first use.
  using Find = std::function<redis::Settings()>;

  /// `serializer` is for what nobody knows the serializer of.
  Session(Find find, Serializer serializer) : find_(std::move(find)), serializer_(serializer) {}

  Serializer serializer() const { return serializer_; }

  /// On the shared connection; threads take turns. Throws as redis::Connection::run.
  Replies run(const redis::Batch& batch);
  /// On a connection that nobody else has meanwhile, for a batch that blocks in Redis up to
  /// `block`.
  Replies run_aside(const redis::Batch& batch, std::chrono::milliseconds block);

  /// Whether monitors should be told of a queue (again): RQ's Queue.delete takes it off their list.
  bool should_announce(std::string_view queue, Clock::time_point now) const;
  void announced(std::string_view queue, Clock::time_point now);

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
  const Serializer serializer_;

  std::mutex turn_{};  // held while Redis is asked on `shared_`
  Pointer shared_{};

  mutable std::mutex state_{};  // of all below
  std::optional<redis::Settings> settings_{};
  std::vector<Pointer> spare_{};
  std::map<std::string, Clock::time_point, std::less<>> announced_{};
};

}  // namespace rqpp::client
