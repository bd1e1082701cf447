#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"

// What a service manager such as systemd is told of this process: the protocol of sd_notify(3),
// spoken here. libsystemd would be one more mapped library, and what a process has mapped makes
// each of its forks dearer.
namespace rqpp::base {

/// How a service is.
struct ServiceState {
  bool ready = false;
  bool stopping = false;
  std::string status{};  ///< For people; one line.
};

/// Decides what the manager is told, and when. The time is an argument.
class ServiceNews {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  using Messages = std::vector<std::string>;

  /// `watchdog`: after so long without a word the manager takes the service for dead. Unset: never.
  explicit ServiceNews(std::optional<std::chrono::microseconds> watchdog = {})
      : watchdog_(watchdog) {}

  /// What to send now, in this order.
  Messages on(const ServiceState& state, Steady now);
  /// The same for a configuration that is loaded anew; `on` then says when that is done.
  Messages on_reload(Steady now);
  /// When `on` has something to say, whatever the state is then.
  Steady next() const;

 private:
  std::optional<std::chrono::microseconds> watchdog_;
  bool ready_ = false;  // as was told
  bool reloading_ = false;
  bool stopping_ = false;
  std::string status_{};
  bool status_waits_ = false;  // there is a newer one
  Steady next_status_{};
  Steady next_sign_{};
};

/// Tells the manager, if there is one.
class Notify {
 public:
  /// Nobody is told.
  Notify() = default;
  /// The manager that NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID speak of. They are removed from
  /// the environment: what this process starts must not speak for it. A value that makes no sense
  /// is said in the log.
  static Notify take_from_environment(Log log);

  /// False when nobody listens: the state need not be known.
  bool heard() const { return !address_.empty(); }
  void tell(const ServiceState& state, ServiceNews::Steady now);
  void tell_of_reload(ServiceNews::Steady now);
  ServiceNews::Steady next() const { return heard() ? news_.next() : ServiceNews::Steady::max(); }

 private:
  Notify(std::string address, std::optional<std::chrono::microseconds> watchdog, Log log)
      : address_(std::move(address)), news_(watchdog), log_(std::move(log)) {}

  void send(const ServiceNews::Messages& messages) noexcept;

  std::string address_{};  // as in NOTIFY_SOCKET: a path, or @ and an abstract name
  ServiceNews news_{};
  Log log_{};
  bool failed_ = false;  // and that was said
};

}  // namespace rqpp::base
