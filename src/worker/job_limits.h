#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <exception>
#include <optional>
#include <string>

// What one job may take, and what is said when it wanted more.
namespace rqpp::worker {

/// 0 is no limit.
struct JobLimits {
  std::int64_t memory_bytes = 0;  ///< On top of what the horse was born with.
  std::chrono::seconds cpu{0};    ///< Of one process; threads count together.

  bool operator==(const JobLimits&) const = default;
};

/// Memory that this process may write to and shares with nobody, as RLIMIT_DATA counts it; 0 if the
/// kernel does not say.
std::int64_t data_bytes_now();

/// Holds this process, and what it starts, to the limits while it lives. A limit of CPU time counts
/// from here on: SIGXCPU comes when it is over, SIGKILL 5 s of CPU time later for those who do not
/// listen. Memory is limited by RLIMIT_DATA, which counts what can be filled, not what is only
/// mapped: a job may map a file larger than its limit.
class LimitedRun {
 public:
  /// `born_with`: the data bytes that do not count.
  LimitedRun(const JobLimits& limits, std::int64_t born_with);
  LimitedRun(const LimitedRun&) = delete;
  LimitedRun& operator=(const LimitedRun&) = delete;
  ~LimitedRun();

 private:
  void limit_cpu(std::chrono::seconds most);

  JobLimits limits_;
  std::optional<timer_t> last_call_{};
};

/// Lets this process take memory again, to say why it ends.
void lift_memory_limit() noexcept;

/// Whether an exception is the end of memory.
bool is_out_of_memory(const std::exception_ptr& error);

/// `MemoryLimitExceeded: the job wanted more than its 256 MiB of memory (--max-memory)`.
std::string memory_limit_text(const JobLimits& limits);
/// `CpuLimitExceeded: the job used more than its 10 s of CPU time (--max-cpu)`.
std::string cpu_limit_text(const JobLimits& limits);

/// `256 MiB`, `1.5 GiB`, `1000 bytes`.
std::string size_text(std::int64_t bytes);

}  // namespace rqpp::worker
