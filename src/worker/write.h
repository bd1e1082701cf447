#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "redis/batch.h"
#include "redis/reply.h"

namespace rqpp::worker {

/// Some commands to Redis. A write is answered once: by `on_reply`, or by `on_refused` if Redis
/// will not execute it or answers what nobody can read. One that does not outlive an outage is not
/// answered in one.
struct Write {
  using Replies = std::span<redis::Reply>;
  enum class Outage : std::uint8_t { drop, keep };

  redis::Batch batch{};
  std::function<void(Replies)> on_reply{};
  Outage outage = Outage::drop;
  std::function<void(const std::string& why)> on_refused{};
  bool takes_errors = false;  ///< on_reply looks at them itself.
  std::string job_id{};       ///< Whose run it is about; empty: no run.
  bool vital = false;  ///< A refusal costs the connection: the worker cannot go on without it.
  int attempts = 0;    ///< Connections that broke, or replies that nobody could read, so far.
};

}  // namespace rqpp::worker
