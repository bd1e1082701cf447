// Tasks that leave a trace outside of Redis: who runs which job.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <rqpp/current_job.h>
#include <rqpp/module.h>

namespace {

using namespace std::chrono_literals;

/// Appends `<job> <horse> <stable>` as one write, so that lines of many processes do not mix.
void record(const std::string& file) {
  const std::string line = rqpp::current_job().id() + ' ' + std::to_string(::getpid()) + ' ' +
                           std::to_string(::getppid()) + '\n';
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const bool whole = ::write(out, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  ::close(out);
  if (!whole) throw rqpp::TaskError("cannot write to " + file);
}

void run(const std::string& file, std::int64_t microseconds) {
  record(file);
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
}

int run_until(const std::string& file, const std::string& gate) {
  record(file);
  while (!std::filesystem::exists(gate)) std::this_thread::sleep_for(2ms);
  return static_cast<int>(::getpid());
}

}  // namespace

RQPP_MODULE(records) {
  tasks.add("run", run);
  tasks.add("run_until", run_until);
}
