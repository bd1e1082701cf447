#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "doctor/sample.h"
#include "redis/batch.h"
#include "redis/reply.h"

namespace rqpp::cli {

/// What a server did for all its clients between two looks.
struct ServerCounts {
  /// By name, `config|get`. What scripts call counts, and so do the calls of the scripts. Those
  /// that were not executed are left out.
  std::map<std::string, std::int64_t> commands{};
  /// CPU time of the thread that executes commands; of all threads where the server does not say.
  std::chrono::microseconds cpu{};
  std::int64_t bytes = 0;               ///< From its clients and to them.
  std::optional<std::int64_t> reads{};  ///< How often it read from a client; since Redis 6.

  std::int64_t total() const;  ///< Of all commands.
  bool operator==(const ServerCounts&) const = default;
};

/// Asks for a look. Cost: 3 INFO in one round trip. The answer to the last one, the commands, costs
/// most: it is not yet among the counts.
redis::Batch ask_counts();
/// Reads the replies to ask_counts().
doctor::Sample read_counts(const std::vector<redis::Reply>& replies);

/// Counters that went back, since the server was told to forget, count from zero.
ServerCounts between(const doctor::Sample& before, const doctor::Sample& after);

}  // namespace rqpp::cli
