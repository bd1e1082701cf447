#include "support/processes.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace rqpp::test {
namespace {

std::string in_proc(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

}  // namespace

std::vector<pid_t> children_of(pid_t pid) {
  std::ifstream list(in_proc(pid, "task/") + std::to_string(pid) + "/children");
  return {std::istream_iterator<pid_t>(list), {}};
}

std::string name_of(pid_t pid) {
  std::ifstream comm(in_proc(pid, "comm"));
  std::string name;
  std::getline(comm, name);
  return name;
}

bool is_over(pid_t pid) {
  std::ifstream stat(in_proc(pid, "stat"));
  std::string line;
  if (!std::getline(stat, line)) return true;
  return line.substr(line.rfind(')') + 2, 1) == "Z";
}

std::size_t open_descriptors_of(pid_t pid) {
  const std::filesystem::directory_iterator folder(in_proc(pid, "fd"));
  return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
}

std::int64_t resident_bytes_of(pid_t pid) {
  std::ifstream statm(in_proc(pid, "statm"));
  std::int64_t all = 0;
  std::int64_t resident = 0;
  statm >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

pid_t stable_of(pid_t worker) {
  for (const pid_t child : children_of(worker)) {
    if (name_of(child) == "rqpp-stable" && !is_over(child)) return child;
  }
  return 0;
}

std::vector<pid_t> horses_of(pid_t worker) {
  const pid_t stable = stable_of(worker);
  return stable == 0 ? std::vector<pid_t>{} : children_of(stable);
}

}  // namespace rqpp::test
