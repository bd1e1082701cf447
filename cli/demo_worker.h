#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

#include "signals.h"

namespace rqpp::cli {

/// A worker in a process of its own, from this same program. It ends with this object, or with this
/// process, however that ends.
class DemoWorker {
 public:
  /// `words` are those behind `rqpp`. Its log goes to a file. Throws Error.
  DemoWorker(const std::vector<std::string>& words, std::filesystem::path log,
             const Signals& interrupts);
  DemoWorker(const DemoWorker&) = delete;
  DemoWorker& operator=(const DemoWorker&) = delete;
  ~DemoWorker();

  /// Throws Error with the end of its log if it has ended.
  void check_alive();

 private:
  [[noreturn]] void become(std::vector<std::string> words, const Signals& interrupts,
                           pid_t parent) const;
  bool wait_for_end(std::chrono::milliseconds patience);
  bool reap();

  std::filesystem::path log_;
  Signals child_ended_{SIGCHLD};
  pid_t pid_ = 0;  // 0: has ended
};

/// Makes this process the parent of what its children leave behind, so that await_orphans() sees
/// it.
void adopt_orphans();
/// Waits until no child is left, or the time is over.
void await_orphans(std::chrono::milliseconds patience);

}  // namespace rqpp::cli
