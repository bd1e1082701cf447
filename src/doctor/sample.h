#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

// What a server counts of itself, as INFO tells it. Plain values: --watch records them.
namespace rqpp::doctor {

/// One command since the server started, scripts' and transactions' calls included. The time of a
/// script or of EXEC contains the time of what it calls.
struct CommandCount {
  std::int64_t calls = 0;
  std::int64_t usec = 0;      ///< Time in the command, microseconds of wall time.
  std::int64_t rejected = 0;  ///< Refused before it ran. 0 before Redis 6.2.
  std::int64_t failed = 0;    ///< Answered by an error. 0 before Redis 6.2.

  bool operator==(const CommandCount&) const = default;
};

/// One look at all that changes. What a server does not tell is unset.
struct Sample {
  using Number = std::optional<std::int64_t>;

  double at_seconds = 0;  ///< When it was taken, since the visit began.

  // Since the server started.
  std::optional<double> cpu_seconds{};  ///< Of the thread that runs commands, else of the process.
  Number commands{};
  Number connections{};           ///< Accepted.
  Number rejected_connections{};  ///< For want of maxclients.
  Number reads{};                 ///< How often it read from a client.
  Number bytes_in{};
  Number bytes_out{};
  Number expired_keys{};
  Number evicted_keys{};
  Number hits{};
  Number misses{};
  Number changes{};                                  ///< Of the data since `last_save`.
  Number last_save{};                                ///< Unix time.
  std::map<std::string, CommandCount> by_command{};  ///< `get`, `config|get`.
  std::map<std::string, std::int64_t> errors{};      ///< By their first word: `WRONGTYPE`.

  // Now.
  Number clients{};
  Number blocked_clients{};
  Number max_clients{};
  Number memory{};      ///< Bytes in use.
  Number rss{};         ///< Bytes that the kernel has given.
  Number max_memory{};  ///< 0: no limit.
  std::optional<double> fragmentation{};
  Number keys{};              ///< In the database looked at.
  Number keys_with_expiry{};  ///< Of these.

  bool operator==(const Sample&) const = default;
};

}  // namespace rqpp::doctor
