#include "worker/fewer_mappings.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace rqpp::worker {
namespace {

int mappings_now() {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

bool something_can_be_written_and_run() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" rwx") != std::string::npos) return true;
  }
  return false;
}

TEST(JoinMappings, LeavesFewerAndNoneThatCanBeWrittenAndRun) {
  const pid_t child = ::fork();  // what it does to a process stays
  if (child == 0) {
    const int before = mappings_now();
    join_mappings();
    const int after = mappings_now();
    ::_exit(after + 8 <= before && !something_can_be_written_and_run() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);

  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace rqpp::worker
