// Tasks that do to a horse what tasks in the wild do.
#include <dirent.h>
#include <pthread.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <rqpp/current_job.h>
#include <rqpp/module.h>

namespace meadow {

__attribute__((noinline)) void sink_the_boat(int depth) {
  if (depth > 0) {
    sink_the_boat(depth - 1);
    return;
  }
  throw std::runtime_error("water in the hold");
}

__attribute__((noinline)) int throw_deep(int depth) {
  sink_the_boat(depth);
  return depth;
}

}  // namespace meadow

namespace {

int add(int a, int b) { return a + b; }

void throw_int() { throw 42; }

void exit_with(int status) { std::exit(status); }

void crash() { std::raise(SIGSEGV); }

std::vector<int> open_descriptors() {
  std::vector<int> open;
  DIR* folder = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(folder)) {
    const int descriptor = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && descriptor != ::dirfd(folder)) open.push_back(descriptor);
  }
  ::closedir(folder);
  return open;
}

int pid() { return static_cast<int>(::getpid()); }

// Writes `<child> <grandchild>` to the file, then all three sleep for ever.
void sleep_as_family(const std::string& file) {
  if (::fork() == 0) {
    const pid_t child = ::getpid();
    if (::fork() == 0) {
      const std::string unfinished = file + ".unfinished";
      FILE* out = std::fopen(unfinished.c_str(), "w");
      std::fprintf(out, "%d %d", static_cast<int>(child), static_cast<int>(::getpid()));
      std::fclose(out);
      std::rename(unfinished.c_str(), file.c_str());
    }
  }
  for (;;) ::pause();
}

void leave_child_behind(const std::string& file) {
  if (::fork() != 0) return;
  const std::string unfinished = file + ".unfinished";
  FILE* out = std::fopen(unfinished.c_str(), "w");
  std::fprintf(out, "%d 0", static_cast<int>(::getpid()));
  std::fclose(out);
  std::rename(unfinished.c_str(), file.c_str());
  for (;;) ::pause();
}

rqpp::Bytes big(std::size_t size) { return {std::string(size, 'x')}; }

std::string wait_for_stop() {
  rqpp::CurrentJob job = rqpp::current_job();
  job.set_meta("ready", true);
  job.save_meta();
  while (!job.stop_requested()) ::usleep(1000);
  return "stopped";
}

std::string enqueue_add(int a, int b) {
  return rqpp::current_job().enqueue(rqpp::call("horses.add", a, b), {.at_front = true}, "later");
}

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "(unset)" : value;
}

void print(const std::string& text) { std::cout << text; }

bool input_is_empty() { return std::getchar() == EOF; }

void speak_nonsense() {
  const std::string nonsense(64, '\xff');
  if (::write(3, nonsense.data(), nonsense.size()) < 0) std::abort();
  for (;;) ::pause();
}

}  // namespace

RQPP_MODULE(horses) {
  tasks.add("add", add);
  tasks.add("throw_deep", meadow::throw_deep, {"depth"});
  tasks.add("throw_int", throw_int);
  tasks.add("exit_with", exit_with);
  tasks.add("abort", [] { std::abort(); });
  tasks.add("crash", crash);
  tasks.add("open_descriptors", open_descriptors);
  tasks.add("pid", pid);
  tasks.add("nothing", [] {});
  tasks.add("sleep_as_family", sleep_as_family);
  tasks.add("leave_child_behind", leave_child_behind);
  tasks.add("big", big);
  tasks.add("wait_for_stop", wait_for_stop);
  tasks.add("enqueue_add", enqueue_add);
  tasks.add("variable", variable);
  tasks.add("print", print);
  tasks.add("input_is_empty", input_is_empty);
  tasks.add("speak_nonsense", speak_nonsense);
  tasks.add("end_thread", [] { ::pthread_exit(nullptr); });
}
