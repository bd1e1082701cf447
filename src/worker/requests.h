#pragma once

#include <csignal>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "worker/events.h"

namespace rqpp::worker {

/// What is asked of a worker by those who run it, as something to poll for.
class Requests {
 public:
  /// SIGINT and SIGTERM ask it to stop, SIGHUP to load modules anew. They are blocked for this
  /// thread while this lives. Throws Error.
  static Requests of_signals();
  /// `stops` is an eventfd: each number added to it asks once to stop.
  static Requests of(base::Fd stops);
  Requests(Requests&& other) noexcept;
  Requests& operator=(Requests&&) = delete;
  ~Requests();

  int fd() const noexcept { return fd_.get(); }
  /// What was asked since the last time: StopRequested, ReloadRequested.
  std::vector<Event> read() const;

 private:
  explicit Requests(base::Fd fd) : fd_(std::move(fd)) {}

  base::Fd fd_;
  std::optional<sigset_t> before_{};  // the mask of signals; none: they are left alone
};

}  // namespace rqpp::worker
