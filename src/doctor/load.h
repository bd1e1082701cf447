#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/sample.h"

namespace rqpp::doctor {

/// What a counter grew by: 0 or more, and no more than 2^50, whatever a hostile server says. One
/// that went back was reset, and has counted from zero.
std::int64_t growth(std::int64_t before, std::int64_t after);
/// Nothing where one of them is not known.
std::optional<double> growth(const Sample::Number& before, const Sample::Number& after);

/// EVAL, FCALL and their kin, in lower case as in INFO: their time contains that of what they call.
bool calls_script(std::string_view name);

/// What one command did between two samples.
struct CommandLoad {
  std::string name{};  ///< In lower case, as in INFO: `config|get`.
  double per_second = 0;
  double usec_per_call = 0;
  /// Of a core, in the command itself. A script's contains what it calls.
  double core = 0;
  /// Of a core, with its part of what reading requests and writing replies takes.
  double core_with_io = 0;

  bool operator==(const CommandLoad&) const = default;
};

/// What a server did between two samples: rates, and shares of one core.
struct Load {
  double seconds = 0;
  double cpu = 0;  ///< Of a core. From the time in commands where Redis does not tell.
  double io = 0;   ///< Of a core, outside commands: mostly system calls for requests and replies.
  double commands_per_second = 0;
  double connections_per_second = 0;
  double errors_per_second = 0;
  std::optional<double> reads_per_second{};
  std::optional<double> commands_per_read{};  ///< 1: no pipelining.
  std::vector<CommandLoad> commands{};        ///< Those that were called; the dearest first.

  const CommandLoad* find(const std::string& name) const;
  /// A share of a core as a share of the CPU time that Redis used: 0 to 1.
  double share(double core) const;

  bool operator==(const Load&) const = default;
};

/// The load without `own_calls`, those of the visitor, by command. Counters that went back, because
/// somebody reset them or Redis started anew, count from zero.
Load load_between(const Sample& before, const Sample& after,
                  const std::map<std::string, std::int64_t>& own_calls = {});

}  // namespace rqpp::doctor
