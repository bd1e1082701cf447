#pragma once

#include <csignal>

#include "base/clock.h"
#include "base/fd.h"

namespace rqpp::scheduler {

/// SIGINT and SIGTERM as something to poll for, and as before at the end of its life.
class StopSignals {
 public:
  /// Throws Error.
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  int fd() const { return fd_.get(); }
  /// True if one has come.
  bool read_any() const;

 private:
  base::Fd fd_{};
  sigset_t before_{};
};

/// For poll(2).
int milliseconds_until(base::Moment::Steady next);

}  // namespace rqpp::scheduler
