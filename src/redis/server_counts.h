#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "redis/batch.h"
#include "redis/reply.h"

namespace rqpp::redis {

/// What a server has done for all its clients since it began, as its INFO says.
struct ServerCounts {
  /// By name, `config|get`. What scripts call counts, and so do the calls of the scripts.
  std::map<std::string, std::int64_t> commands{};
  /// CPU time of the thread that executes commands; of all threads where the server does not say.
  std::chrono::microseconds cpu{};
  std::int64_t bytes = 0;               ///< From its clients and to them.
  std::optional<std::int64_t> reads{};  ///< How often it read from a client; since Redis 6.

  std::int64_t total() const;  ///< Of all commands.
  bool operator==(const ServerCounts&) const = default;
};

/// Asks for them. Cost: 3 INFO in one round trip. The answer to the last one, the commands, costs
/// most: it is not yet among the counts.
Batch ask_counts();
/// Reads the replies to ask_counts(); what is missing or no number is 0.
ServerCounts read_counts(std::span<const Reply> replies);

/// What was done between two questions. Where the later number is smaller, the server has begun
/// anew or was told to forget: it is 0. Commands that were not executed are left out.
ServerCounts between(const ServerCounts& earlier, const ServerCounts& later);

}  // namespace rqpp::redis
