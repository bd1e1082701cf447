#include "worker/out_of_memory.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <iterator>

#include "worker/job_limits.h"

namespace rqpp::worker {

std::int64_t oom_kills_in(std::string_view vmstat) {
  constexpr std::string_view kName = "\noom_kill ";
  const std::size_t at = vmstat.find(kName);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = vmstat.substr(at + kName.size());
  std::int64_t count = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), count);
  return count;
}

std::int64_t oom_kills_now() {
  std::ifstream file("/proc/vmstat");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return oom_kills_in(text);
}

std::string out_of_memory_text(const Usage& usage) {
  return fmt::format(
      "memory ran out, and the kernel killed a process at that time, most likely this one, which "
      "held up to {}. Run fewer horses, limit jobs with --max-memory, or give them more memory",
      size_text(usage.peak_memory_bytes));
}

}  // namespace rqpp::worker
