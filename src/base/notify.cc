#include "base/notify.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/fd.h"

namespace rqpp::base {
namespace {

using namespace std::chrono_literals;

/// Quick jobs would change the status a thousand times a second.
constexpr auto kBetweenStatuses = 1s;

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no threads yet
  std::string taken = value == nullptr ? "" : value;
  ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  return taken;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end || value <= 0) return std::nullopt;
  return value;
}

/// What is wrong with an address, or nothing.
std::string problem_of(const std::string& address) {
  if (address.front() != '/' && address.front() != '@') return "it is no path and no @name";
  if (address.size() >= sizeof(sockaddr_un::sun_path)) return "it is too long";
  return {};
}

/// Returns 0, or errno.
int send_datagram(std::string address, std::string_view message) {
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  if (address.front() == '@') address.front() = '\0';  // an abstract one has no place on disk
  std::copy(address.begin(), address.end(), std::begin(target.sun_path));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  // A fresh socket each time: nothing is there for the horses to inherit.
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno;
  // A manager that does not read may hold us up, but not for long.
  constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  const ssize_t sent = ::sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&target), size);
  return sent < 0 ? errno : 0;
}

}  // namespace

ServiceNews::Messages ServiceNews::on(const ServiceState& state, Steady now) {
  Messages messages;
  if (!stopping_ && (reloading_ || (state.ready && !ready_))) {
    ready_ = true;
    reloading_ = false;
    messages.emplace_back("READY=1");
  }
  if (state.stopping && !stopping_) {
    stopping_ = true;
    messages.emplace_back("STOPPING=1");
  }
  status_waits_ = state.status != status_;
  if (status_waits_ && now >= next_status_) {
    status_ = state.status;
    status_waits_ = false;
    next_status_ = now + kBetweenStatuses;
    messages.push_back("STATUS=" + status_);
  }
  if (watchdog_ && ready_ && now >= next_sign_) {
    next_sign_ = now + *watchdog_ / 2;
    messages.emplace_back("WATCHDOG=1");
  }
  return messages;
}

ServiceNews::Messages ServiceNews::on_reload(Steady now) {
  if (!ready_ || stopping_) return {};
  reloading_ = true;
  using std::chrono::microseconds;
  const auto monotonic = std::chrono::duration_cast<microseconds>(now.time_since_epoch());
  return {fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic.count())};
}

ServiceNews::Steady ServiceNews::next() const {
  Steady next = Steady::max();
  if (watchdog_ && ready_) next = next_sign_;
  if (status_waits_) next = std::min(next, next_status_);
  return next;
}

Notify Notify::take_from_environment(Log log) {
  std::string address = take_variable("NOTIFY_SOCKET");
  const std::string interval = take_variable("WATCHDOG_USEC");
  const std::string pid = take_variable("WATCHDOG_PID");
  if (address.empty()) return {};
  if (const std::string problem = problem_of(address); !problem.empty()) {
    log.warning(fmt::format(
        "NOTIFY_SOCKET is '{}': {}. The service manager is not told how this worker is.", address,
        problem));
    return {};
  }
  const bool is_watched = !interval.empty() && (pid.empty() || number(pid) == ::getpid());
  std::optional<std::chrono::microseconds> watchdog;
  if (is_watched) {
    if (const auto microseconds = number(interval)) {
      watchdog = std::chrono::microseconds(*microseconds);
    } else {
      log.warning(
          fmt::format("WATCHDOG_USEC is '{}', which is no number of microseconds: the "
                      "service manager gets no signs of life.",
                      interval));
    }
  }
  return {std::move(address), watchdog, std::move(log)};
}

void Notify::tell(const ServiceState& state, ServiceNews::Steady now) {
  if (heard()) send(news_.on(state, now));
}

void Notify::tell_of_reload(ServiceNews::Steady now) {
  if (heard()) send(news_.on_reload(now));
}

void Notify::send(const ServiceNews::Messages& messages) noexcept {
  for (const std::string& message : messages) {
    const int problem = send_datagram(address_, message);
    if (problem != 0 && !failed_) {
      log_.warning(
          fmt::format("cannot tell the service manager at '{}' how this worker is: {}. It may take "
                      "it for dead.",
                      address_, errno_text(problem)));
    }
    failed_ = problem != 0;
  }
}

}  // namespace rqpp::base
