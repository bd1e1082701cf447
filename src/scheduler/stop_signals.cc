#include "scheduler/stop_signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include <rqpp/error.h>

namespace rqpp::scheduler {

StopSignals::StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, &before_);
  fd_ = base::Fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw Error("cannot make a signalfd: out of descriptors?");
}

StopSignals::~StopSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool StopSignals::read_any() const {
  signalfd_siginfo info{};
  bool any = false;
  while (::read(fd_.get(), &info, sizeof info) == sizeof info) any = true;
  return any;
}

int milliseconds_until(base::Moment::Steady next) {
  const base::Moment::Steady now = std::chrono::steady_clock::now();
  if (next <= now) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
  return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
}

}  // namespace rqpp::scheduler
