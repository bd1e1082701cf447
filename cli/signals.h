#pragma once

#include <csignal>

#include <chrono>
#include <initializer_list>

namespace rqpp::cli {

/// Takes signals out of the air, so that a command ends where it wants to and cleans up behind
/// itself. They are blocked from construction on; a child process must unblock them (see
/// release()). Make it before the program starts threads, once.
class Signals {
 public:
  Signals(std::initializer_list<int> signals);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  /// Lets go of the signals; those that came meanwhile are dropped.
  ~Signals();

  /// Waits for a signal. Returns its number, or 0 when the time is over.
  int wait(std::chrono::milliseconds timeout);
  /// The first one that came, whoever asks, or 0.
  int seen() { return first_ != 0 ? first_ : wait(std::chrono::milliseconds{0}); }

  /// For a child between fork and exec: the signals are as they were.
  void release() const;

 private:
  sigset_t taken_{};
  sigset_t before_{};
  int first_ = 0;
};

}  // namespace rqpp::cli
