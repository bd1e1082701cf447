#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "signals.h"

namespace rqpp::cli {

/// A command of this same program, a worker for example, in a process of its own. It ends with this
/// object, or with this process, however that ends.
class OwnProgram {
 public:
  struct Options {
    std::vector<std::string> words{};  ///< Those behind `rqpp`.
    std::string url{};                 ///< Its Redis. Not among the words, which ps shows to all.
    std::filesystem::path log{};       ///< A file for its errors, appended to.
  };
  /// Throws Error.
  OwnProgram(const Options& options, const Signals& interrupts);
  OwnProgram(const OwnProgram&) = delete;
  OwnProgram& operator=(const OwnProgram&) = delete;
  ~OwnProgram() { end(); }

  /// Throws Error with the end of its log if it has ended.
  void check_alive();
  /// Waits until it has ended by itself. False when the time is over. Throws Error with the end of
  /// its log if it failed.
  bool wait(std::chrono::milliseconds patience);
  /// Ends it: its jobs may finish for a moment.
  void end() noexcept;

 private:
  [[noreturn]] void become(std::vector<std::string> words, const std::string& url,
                           const Signals& interrupts, pid_t parent) const;
  bool wait_for_end(std::chrono::milliseconds patience);
  bool reap();
  [[noreturn]] void fail(const char* how) const;

  std::string command_;
  std::filesystem::path log_;
  Signals child_ended_{SIGCHLD};
  pid_t pid_ = 0;  // 0: has ended
  int status_ = 0;
};

/// Makes this process the parent of what its children leave behind, so that await_orphans() sees
/// it.
void adopt_orphans();
/// Waits until no child is left, or the time is over.
void await_orphans(std::chrono::milliseconds patience);

}  // namespace rqpp::cli
