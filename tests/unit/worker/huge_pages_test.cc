#include "worker/huge_pages.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "support/sanitizers.h"

namespace rqpp::worker {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

/// What smaps says about the mapping that begins there, in KiB.
long smaps(const void* mapping, const std::string& fact) {
  std::ostringstream begin;
  begin << std::hex << reinterpret_cast<std::uintptr_t>(mapping) << '-';
  std::ifstream file("/proc/self/smaps");
  bool found = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(begin.str())) found = true;
    if (found && line.starts_with(fact + ":")) return std::stol(line.substr(fact.size() + 1));
  }
  return -1;
}

/// A mapping of its own, since it differs from its neighbours.
char* map(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ::madvise(memory, bytes, MADV_DONTDUMP);
  return static_cast<char*>(memory);
}

/// What it does to a process stays: each test is a child. Returns its exit status.
int in_child(const std::function<int()>& test) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(test());
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

bool kernel_gathers() {
  char* memory = map(4 * kMiB);
  std::memset(memory, 1, 4 * kMiB);
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory) + 2 * kMiB - 1) & ~(2 * kMiB - 1);
  const bool gathers = ::madvise(reinterpret_cast<void*>(begin), 2 * kMiB, 25) == 0;
  ::munmap(memory, 4 * kMiB);
  return gathers;
}

TEST(GatherMemory, MakesHugePagesOfWhatIsFilled) {
  if (!kernel_gathers()) GTEST_SKIP() << "this kernel has no MADV_COLLAPSE, or may not use it";

  EXPECT_EQ(in_child([] {
              char* memory = map(16 * kMiB);
              std::memset(memory, 'x', 16 * kMiB);
              gather_memory();
              const bool same = memory[0] == 'x' && memory[16 * kMiB - 1] == 'x';
              return same && smaps(memory, "AnonHugePages") >= 12 * 1024 ? 0 : 1;
            }),
            0);
}

TEST(GatherMemory, FillsNothing) {
  EXPECT_EQ(in_child([] {
              char* memory = map(16 * kMiB);
              // Half of it, each other page.
              for (std::size_t at = 0; at < 16 * kMiB; at += 8192) memory[at] = 'x';
              const long before = smaps(memory, "Rss");
              gather_memory();
              return smaps(memory, "Rss") == before ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace rqpp::worker
