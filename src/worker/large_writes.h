#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "redis/connection.h"
#include "worker/events.h"
#include "worker/write.h"

namespace rqpp::worker {

/// Writes that Redis may refuse for their size, one after the other on a connection of their own.
///
/// A server that is sent more than it takes (proto-max-bulk-len, client-query-buffer-limit) closes
/// the connection, often before anybody has read why. Here this costs no other job anything, and a
/// write whose connection breaks each time that it is sent is given up. For a loop around poll(2).
class LargeWrites {
 public:
  /// No server refuses less for its size: neither limit can be set below it.
  static constexpr std::size_t kLarge = std::size_t{1} << 20;
  /// Redis' own limit by default. What has more is not even sent.
  static constexpr std::size_t kTooLarge = std::size_t{512} << 20;

  /// What becomes of a write.
  struct Hear {
    std::function<void(Write& write, Write::Replies replies)> answered{};
    std::function<void(const Write& write, const std::string& why)> given_up{};
  };

  LargeWrites(redis::Settings settings, Hear hear)
      : connection_(std::move(settings)), hear_(std::move(hear)) {}

  void add(Write write) { writes_.push_back(std::move(write)); }
  bool empty() const { return writes_.empty(); }
  /// Whether a write of this job waits here: what the job writes later must wait behind it.
  bool has(const std::string& job_id) const;

  const redis::Connection& connection() const { return connection_; }
  /// When `step` wants to be called at the latest.
  Moment::Steady next_step() const;
  /// Sends, reads and connects, as far as that goes without blocking.
  void step(short revents, Moment::Steady now);
  /// Redis is away: what is here is sent again when `step` is called again.
  void disconnect() noexcept;

 private:
  void take_step(short revents, Moment::Steady now);
  void fail(const std::string& why, Moment::Steady now);

  redis::Connection connection_;
  Hear hear_;
  std::deque<Write> writes_{};
  bool sent_ = false;  // the first of them
  Moment::Steady retry_at_{};
};

}  // namespace rqpp::worker
