#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "tasks/module_file.h"

namespace rqpp::worker {

/// A process that tries to load the modules on a path, so that a worker can say at its start which
/// of them its jobs will not find. It loads at most 200 modules (those beside each other in the
/// folders, not in packages), for 30 s at most, at the lowest priority; what they print is dropped.
/// A library without an `rqpp_module_…` of its name is no module and is not loaded.
class ModuleCheck {
 public:
  ModuleCheck() = default;
  /// Throws Error if it cannot be started. For a process with one thread; `parent` is its number.
  ModuleCheck(const tasks::ModulePath& path, pid_t parent);

  /// For poll(2); -1 when there is nothing more to read.
  int fd() const noexcept { return reports_.get(); }
  pid_t pid() const noexcept { return pid_; }
  /// Why modules cannot be loaded, a line for each that was reported since.
  std::vector<std::string> read();
  /// It was reaped. Returns the last reports.
  std::vector<std::string> end(int wait_status);

 private:
  pid_t pid_ = -1;
  base::Fd reports_{};
  std::string unfinished_{};  // the beginning of a line
};

/// Whether a file has the text `rqpp_module_<last part of the name>` in its first 16 MiB, where
/// linkers put the names of functions.
bool names_its_module(const std::string& file, const std::string& module);

}  // namespace rqpp::worker
