#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "redis/batch.h"
#include "redis/connection.h"

#include <rqpp/enqueue_options.h>
#include <rqpp/time.h>

namespace rqpp::client {

/// What a queue, its copies and its jobs share: the way to one Redis, or to what stands in for it.
/// For any number of threads.
class Session {
 public:
  using Clock = std::chrono::steady_clock;
  using Replies = redis::Connection::Replies;

  /// `serializer` is for what nobody knows the serializer of.
  explicit Session(Serializer serializer) : serializer_(serializer) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  Serializer serializer() const { return serializer_; }

  /// Threads share what carries the batches. Throws as redis::Connection::run.
  virtual Replies run(const redis::Batch& batch) = 0;
  /// For a batch that blocks up to `block`; it holds up no other thread.
  virtual Replies run_aside(const redis::Batch& batch, std::chrono::milliseconds block) = 0;
  /// What is written as the time of what happens now.
  virtual Time now() const { return base::now(); }

  /// Whether monitors should be told of a queue (again): RQ's Queue.delete takes it off their list.
  bool should_announce(std::string_view queue, Clock::time_point now) const;
  void announced(std::string_view queue, Clock::time_point now);

 private:
  const Serializer serializer_;
  mutable std::mutex state_{};
  std::map<std::string, Clock::time_point, std::less<>> announced_{};
};

}  // namespace rqpp::client
