#include "worker/job_limits.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <new>
#include <string_view>

#include "base/fd.h"

namespace rqpp::worker {
namespace {

constexpr std::chrono::seconds kLastCall{5};

// Hard limits stay as they are: one that is lowered cannot be raised for the next job.
void set_soft_limit(int resource, rlim_t soft) noexcept {
  rlimit limit{};
  const auto which = static_cast<__rlimit_resource>(resource);
  if (::getrlimit(which, &limit) != 0) return;
  limit.rlim_cur = std::min(soft, limit.rlim_max);
  ::setrlimit(which, &limit);
}

/// Rounded up: the kernel's limit knows whole seconds only, and no job may get less than it was
/// promised.
std::int64_t cpu_seconds_so_far() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto microseconds = std::int64_t{usage.ru_utime.tv_usec} + usage.ru_stime.tv_usec;
  return std::int64_t{usage.ru_utime.tv_sec} + usage.ru_stime.tv_sec +
         (microseconds + 999'999) / 1'000'000;
}

}  // namespace

// The sixth number of `statm`, in pages.
std::int64_t data_bytes_now() {
  const base::Fd file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 256> text{};
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  std::string_view rest(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  for (int i = 0; i < 5; ++i) rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
  std::int64_t pages = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), pages);
  return pages * ::sysconf(_SC_PAGESIZE);
}

LimitedRun::LimitedRun(const JobLimits& limits, std::int64_t born_with) : limits_(limits) {
  if (limits_.cpu.count() > 0) limit_cpu(limits_.cpu);
  if (limits_.memory_bytes > 0) {
    set_soft_limit(RLIMIT_DATA, static_cast<rlim_t>(born_with + limits_.memory_bytes));
  }
}

void LimitedRun::limit_cpu(std::chrono::seconds most) {
  set_soft_limit(RLIMIT_CPU, static_cast<rlim_t>(cpu_seconds_so_far() + most.count()));
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  timer_t timer{};
  if (::timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) != 0) return;
  last_call_ = timer;
  itimerspec when{};
  when.it_value.tv_sec = (most + kLastCall).count();
  ::timer_settime(timer, 0, &when, nullptr);
}

LimitedRun::~LimitedRun() {
  if (limits_.memory_bytes > 0) lift_memory_limit();
  if (limits_.cpu.count() > 0) set_soft_limit(RLIMIT_CPU, RLIM_INFINITY);
  if (last_call_) ::timer_delete(*last_call_);
}

void lift_memory_limit() noexcept { set_soft_limit(RLIMIT_DATA, RLIM_INFINITY); }

bool is_out_of_memory(const std::exception_ptr& error) {
  if (error == nullptr) return false;
  try {
    std::rethrow_exception(error);
  } catch (const std::bad_array_new_length&) {
    return false;  // a length that makes no sense: no memory would be enough
  } catch (const std::bad_alloc&) {
    return true;
  } catch (...) {
    return false;
  }
}

std::string memory_limit_text(const JobLimits& limits) {
  return fmt::format(
      "MemoryLimitExceeded: the job wanted more than its {} of memory "
      "(--max-memory)",
      size_text(limits.memory_bytes));
}

std::string cpu_limit_text(const JobLimits& limits) {
  return fmt::format("CpuLimitExceeded: the job used more than its {} s of CPU time (--max-cpu)",
                     limits.cpu.count());
}

std::string size_text(std::int64_t bytes) {
  constexpr std::array<std::string_view, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  auto number = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (number /= 1024; number >= 1024 && unit + 1 < kUnits.size(); ++unit) number /= 1024;
  return fmt::format("{:.4g} {}", number, kUnits[unit]);
}

}  // namespace rqpp::worker
