#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

// What a process keeps from others of the same user: from the jobs that it starts, above all.
namespace rqpp::base {

/// While it lives, no other process of this user reads this one's memory, environment or
/// descriptors, or traces it (PR_SET_DUMPABLE, see prctl(2)); it leaves no core dump either. Forked
/// processes have it too, until they go on as another program. It does not hold against root.
class PrivateProcess {
 public:
  PrivateProcess() noexcept;
  PrivateProcess(const PrivateProcess&) = delete;
  PrivateProcess& operator=(const PrivateProcess&) = delete;
  ~PrivateProcess();

 private:
  int before_;
};

/// For a forked process that has nothing to hide: it may leave a core dump again.
void end_privacy() noexcept;

/// The environment for a program to be started: as it is now, without some variables.
class Environment {
 public:
  explicit Environment(std::span<const std::string> without);

  /// For execve(2); valid as long as this and the variables of this process.
  char* const* data() const noexcept { return entries_.data(); }

 private:
  std::vector<char*> entries_;
};

/// Removes variables from the environment of this process, also from the memory that
/// /proc/self/environ shows. For a process with one thread.
void wipe_variables(std::span<const std::string> names) noexcept;

}  // namespace rqpp::base
