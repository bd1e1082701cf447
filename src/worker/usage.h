#pragma once

#include <sys/resource.h>

#include <cstdint>

#include <rqpp/usage.h>

// What the kernel counts for a process, as the cost of a run.
namespace rqpp::worker {

/// The cost as far as the kernel has counted it; the wall time is left out.
Usage to_usage(const rusage& counted);

/// What was spent between two readings of one process; its peak is that of the later one.
Usage spent_between(const Usage& before, const Usage& after);

/// Whose cost is a run's.
enum class Counted : std::uint8_t {
  process,  ///< This one's, with those that it has waited for.
  thread,   ///< This one's alone; memory is that of the process.
};

/// Measures a run in this process, from its making on. It reads no clock: in a fresh process the
/// first look at one costs a dozen page faults, and the parent has the wall time anyway.
class UsageMeter {
 public:
  explicit UsageMeter(Counted counted);
  /// The cost by now.
  Usage read() const;

 private:
  Counted counted_;
  Usage before_;
};

}  // namespace rqpp::worker
