#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "doctor/facts.h"
#include "doctor/thresholds.h"
#include "redis/settings.h"

namespace rqpp::doctor {

struct VisitOptions {
  std::chrono::milliseconds window{10'000};            ///< How long the load is measured.
  std::optional<std::chrono::milliseconds> monitor{};  ///< How long to listen by MONITOR.
  /// Not where Redis uses more than this of a core.
  double most_cpu_to_monitor = kTooBusyToMonitor;
  std::int64_t keys = 2'000;  ///< How many keys to look at, about.
  bool all_clients = false;   ///< List them however many there are; Redis takes 2 µs for each.
};

/// What a visit needs of its surroundings.
struct VisitSurroundings {
  /// Waits so long, or until somebody is impatient.
  std::function<void(std::chrono::milliseconds)> wait;
  /// Whether somebody is: the visit then comes to its end without MONITOR.
  std::function<bool()> impatient;
  /// Takes a line for the user while the visit goes on.
  std::function<void(std::string_view)> notice;
};

/// Collects the facts about a server. Everything is bounded, whatever the server holds: commands,
/// memory and time. What Redis does not let us see is left out, and listed. Throws ConnectionError,
/// TimeoutError, and Error for a Sentinel or where INFO is refused.
Facts visit(const redis::Settings& settings, const VisitOptions& options,
            const VisitSurroundings& surroundings);

}  // namespace rqpp::doctor
