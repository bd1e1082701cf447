#pragma once

#include <chrono>
#include <string_view>

#include "doctor/facts.h"
#include "doctor/moment.h"
#include "doctor/probe.h"

namespace rqpp::doctor {

/// Looks at a server again and again, over a connection of its own. Every look is the same few
/// commands, whatever the server holds. A server that was away is asked again by the next look.
class Sampler {
 public:
  using Clock = std::chrono::steady_clock;

  /// How long a look may take: who watches wants to know.
  static constexpr std::chrono::milliseconds kPatience{2'000};

  explicit Sampler(const redis::Settings& settings);

  /// What the server is, and how it is set up. Throws as visit().
  Server meet();
  /// Throws ConnectionError or TimeoutError.
  Moment look();

  /// All that was asked so far.
  Spending spent() const;
  /// What Redis did not let us see.
  const std::vector<Unseen>& unseen() const { return probe_.unseen(); }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }

  Probe probe_;
  Clock::time_point began_ = Clock::now();
};

/// How one connects who watches: by this name, unless the settings have one, and with as much
/// patience as a Sampler.
redis::Settings settings_of_watcher(redis::Settings settings, std::string_view name);

}  // namespace rqpp::doctor
