#pragma once

#include <chrono>
#include <cstdint>

namespace rqpp {

/// What one run of a job cost.
struct Usage {
  /// From the moment when its process got the job until the worker heard of its end.
  std::chrono::microseconds wall{};
  /// Time on processors, of all threads, and of the processes that the task started and waited for.
  std::chrono::microseconds user_cpu{};
  std::chrono::microseconds system_cpu{};
  /// The most memory that the process, or the largest one that it waited for, ever held in RAM. A
  /// process that runs several jobs (jobs per horse above 1) counts from its birth: a job then
  /// shows the peak of those before it if that was higher.
  std::int64_t peak_memory_bytes = 0;

  bool operator==(const Usage&) const = default;
};

}  // namespace rqpp
