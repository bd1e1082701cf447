#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "doctor/client_list.h"
#include "doctor/facts.h"
#include "doctor/monitor_line.h"
#include "doctor/probe.h"

namespace rqpp::doctor {

/// What MONITOR shows, by command and pattern. Its memory is bounded: what is of more than
/// kMostKinds kinds counts together.
class UseCounter {
 public:
  static constexpr std::size_t kMostKinds = 5'000;

  /// Who is behind an address: of clients that have names.
  using Names = std::map<std::string, std::string>;

  explicit UseCounter(Names names) : names_(std::move(names)) {}

  void add(const MonitorLine& line);
  std::int64_t lines() const { return lines_; }
  /// The most frequent first, at most 200.
  std::vector<Use> uses() const;

 private:
  std::string who_is_at(const std::string& address) const;

  Names names_;
  std::map<std::pair<std::string, std::string>, Use> uses_{};
  std::int64_t lines_ = 0;
};

/// Where the listening ends, whatever comes first.
struct MonitorLimits {
  std::chrono::milliseconds time{2'000};
  std::int64_t lines = 200'000;
  std::int64_t bytes = 64'000'000;
  std::function<bool()> impatient{};  ///< Asked now and then: true ends it.
};

/// Listens to all commands for a while, over a connection of its own, which ends with it. Meanwhile
/// Redis needs twice the CPU, or four times where clients pipeline (docs/doctor.md). Without the
/// permission it says so by `probe` and returns nothing.
std::optional<Monitored> monitor(Probe& probe, const MonitorLimits& limits, UseCounter counter);

}  // namespace rqpp::doctor
