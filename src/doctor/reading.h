#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "doctor/load.h"
#include "doctor/moment.h"

namespace rqpp::doctor {

/// What graphs show of the time between two moments. Rates are means over that time, levels are
/// those at its end.
struct Reading {
  double from = 0;  ///< Seconds, on the clock of the samples.
  double to = 0;    ///< Later than `from`.
  double cpu = 0;   ///< Of a core.
  double commands = 0;
  std::optional<double> bytes_in{};
  std::optional<double> bytes_out{};
  std::optional<double> clients{};
  std::optional<double> memory{};         ///< Bytes.
  std::vector<CommandLoad> by_command{};  ///< The dearest, at most kMostCommands.

  static constexpr std::size_t kMostCommands = 12;

  bool operator==(const Reading&) const = default;
};

/// Without what the watcher itself asked. Nothing where no time has passed between them.
std::optional<Reading> reading_between(const Moment& before, const Moment& after);

/// One reading for two that follow each other; levels are the higher ones, so that no peak is lost.
Reading joined(const Reading& earlier, const Reading& later);

/// The calls in `after` that were not in `before`, by command.
std::map<std::string, std::int64_t> calls_between(const Spending& before, const Spending& after);

}  // namespace rqpp::doctor
