#pragma once

#include <sys/types.h>

#include <csignal>

#include "base/fd.h"
#include "base/private_process.h"

// The first and the last lines of the processes that are forked.
namespace rqpp::worker {

/// Where a forked process finds its channel.
inline constexpr int kChannelFd = 3;

/// Moves the channel to kChannelFd and closes every other descriptor but 0, 1 and 2; those that are
/// missing become /dev/null, so that nothing else ever gets their numbers. The channel is not
/// inherited by programs that are started.
base::Fd keep_only(base::Fd channel);

/// Goes on as another program, with a name and an argument (null: none), the channel at kChannelFd
/// and no other descriptor. Returns the channel if that fails.
base::Fd become(const char* program, const char* name, const char* argument,
                const base::Environment& environment, base::Fd channel);

/// Closes every descriptor but 0, 1 and 2.
void close_all_but_streams();

/// Opens /dev/null for those of 0, 1 and 2 that are closed, so that nothing else ever gets their
/// numbers. Ends the process if that is not possible.
void open_missing_streams();

/// Makes standard input empty: nobody types for a job.
void close_standard_input();

/// Every signal does what it does by default. Whether it is blocked does not change.
void reset_signal_actions();

/// Blocks all signals while it lives, then puts back what was: nobody's handler runs in between.
class SignalsBlocked {
 public:
  SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked();

 private:
  sigset_t before_{};
};

void unblock_signals();

/// From now on the kernel sends `signal` when the parent dies. Ends the process if the parent,
/// which was `parent`, is dead already.
void die_with(pid_t parent, int signal);

/// The name in ps and top, up to 15 characters.
void set_process_name(const char* name);

/// Writes out what the C and C++ streams still hold.
void flush_streams() noexcept;

/// Ends the process without running what the parent has registered for its own end.
[[noreturn]] void end_process(int status) noexcept;

}  // namespace rqpp::worker
