#include "worker/requests.h"

#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

// The second one kills the jobs; more than that cannot be asked for.
constexpr std::uint64_t kMostStops = 2;

sigset_t heard_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

Requests Requests::of_signals() {
  const sigset_t signals = heard_signals();
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &signals, &before);
  Requests requests{base::Fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK))};
  requests.before_ = before;
  if (!requests.fd_) throw Error("cannot make a signalfd: out of descriptors?");
  return requests;
}

Requests Requests::of(base::Fd stops) { return Requests(std::move(stops)); }

Requests::Requests(Requests&& other) noexcept
    : fd_(std::move(other.fd_)), before_(std::exchange(other.before_, std::nullopt)) {}

Requests::~Requests() {
  if (before_) ::pthread_sigmask(SIG_SETMASK, &*before_, nullptr);
}

std::vector<Event> Requests::read() const {
  std::vector<Event> events;
  if (before_) {
    signalfd_siginfo info{};
    while (::read(fd_.get(), &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGHUP) {
        events.emplace_back(ReloadRequested{});
      } else {
        events.emplace_back(StopRequested{});
      }
    }
  } else {
    std::uint64_t stops = 0;
    if (::read(fd_.get(), &stops, sizeof stops) != sizeof stops) stops = 0;
    events.resize(std::min(stops, kMostStops), StopRequested{});
  }
  return events;
}

}  // namespace rqpp::worker
