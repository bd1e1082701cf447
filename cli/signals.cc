#include "signals.h"

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace rqpp::cli {

using std::chrono::milliseconds;

Signals::Signals(std::initializer_list<int> signals) {
  sigemptyset(&taken_);
  for (const int each : signals) sigaddset(&taken_, each);
  pthread_sigmask(SIG_BLOCK, &taken_, &before_);
}

Signals::~Signals() {
  while (wait(milliseconds{0}) != 0) {
  }
  release();
}

int Signals::wait(milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left = std::max(std::chrono::nanoseconds{until - std::chrono::steady_clock::now()},
                               std::chrono::nanoseconds{0});
    timespec time{};
    time.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
    time.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    const int signal = sigtimedwait(&taken_, nullptr, &time);
    if (signal > 0) {
      if (first_ == 0) first_ = signal;
      return signal;
    }
    if (errno != EINTR) return 0;
  }
}

void Signals::release() const { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace rqpp::cli
