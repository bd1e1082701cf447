#include "worker/huge_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <string_view>
#include <vector>

namespace rqpp::worker {
namespace {

#ifdef MADV_COLLAPSE
constexpr int kCollapse = MADV_COLLAPSE;
#else
constexpr int kCollapse = 25;  // of kernels that are newer than the headers
#endif
constexpr std::uintptr_t kHuge = std::uintptr_t{2} << 20;

struct Close {
  void operator()(FILE* file) const noexcept { std::fclose(file); }
};

struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

void* address(std::uintptr_t number) {
  return reinterpret_cast<void*>(number);  // NOLINT(performance-no-int-to-ptr): of /proc
}

/// Memory of this process that no file stands behind, as far as whole huge pages fit in.
std::vector<Range> anonymous_memory() {
  const std::uintptr_t most = static_cast<std::uintptr_t>(::sysconf(_SC_PHYS_PAGES)) *
                              static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  std::vector<Range> ranges;
  const std::unique_ptr<FILE, Close> maps(std::fopen("/proc/self/maps", "re"));
  char line[512];
  while (maps && std::fgets(line, sizeof line, maps.get()) != nullptr) {
    Range range;
    char rights[5] = {};
    unsigned long inode = 0;  // NOLINT(google-runtime-int): of the format
    if (std::sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*x %*s %lu", &range.begin, &range.end,
                    rights, &inode) != 4) {
      continue;
    }
    range = {.begin = (range.begin + kHuge - 1) & ~(kHuge - 1), .end = range.end & ~(kHuge - 1)};
    // What is larger than all memory is reserved, by a sanitizer say, and hardly filled.
    if (std::string_view(rights) == "rw-p" && inode == 0 && range.begin < range.end &&
        range.end - range.begin <= most) {
      ranges.push_back(range);
    }
  }
  return ranges;
}

bool is_filled(std::uintptr_t begin, std::vector<unsigned char>& pages) {
  return ::mincore(address(begin), kHuge, pages.data()) == 0 &&
         std::all_of(pages.begin(), pages.end(), [](unsigned char it) { return (it & 1) != 0; });
}

}  // namespace

void gather_memory() noexcept try {
  std::vector<unsigned char> pages(kHuge / static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
  for (const Range& range : anonymous_memory()) {
    for (std::uintptr_t at = range.begin; at < range.end; at += kHuge) {
      if (is_filled(at, pages) && ::madvise(address(at), kHuge, kCollapse) != 0) break;
    }
  }
} catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): forks stay as dear as they are
}

}  // namespace rqpp::worker
