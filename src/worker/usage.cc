#include "worker/usage.h"

#include <algorithm>
#include <chrono>

namespace rqpp::worker {
namespace {

Usage counted_so_far(Counted counted) {
  rusage own{};
  if (counted == Counted::thread) {
    ::getrusage(RUSAGE_THREAD, &own);
    return to_usage(own);
  }
  rusage children{};
  ::getrusage(RUSAGE_SELF, &own);
  ::getrusage(RUSAGE_CHILDREN, &children);
  Usage usage = to_usage(own);
  const Usage more = to_usage(children);
  usage.user_cpu += more.user_cpu;
  usage.system_cpu += more.system_cpu;
  usage.peak_memory_bytes = std::max(usage.peak_memory_bytes, more.peak_memory_bytes);
  return usage;
}

}  // namespace

Usage to_usage(const rusage& counted) {
  const auto microseconds = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return {.user_cpu = microseconds(counted.ru_utime),
          .system_cpu = microseconds(counted.ru_stime),
          .peak_memory_bytes = std::int64_t{counted.ru_maxrss} * 1024};
}

Usage spent_between(const Usage& before, const Usage& after) {
  // The kernel scales user and system time anew each time: one of them may seem to run backwards.
  using std::chrono::microseconds;
  return {.user_cpu = std::max(after.user_cpu - before.user_cpu, microseconds{0}),
          .system_cpu = std::max(after.system_cpu - before.system_cpu, microseconds{0}),
          .peak_memory_bytes = after.peak_memory_bytes};
}

UsageMeter::UsageMeter(Counted counted) : counted_(counted), before_(counted_so_far(counted)) {}

Usage UsageMeter::read() const { return spent_between(before_, counted_so_far(counted_)); }

}  // namespace rqpp::worker
