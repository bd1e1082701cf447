// Tasks that write, and tasks that take more than they may.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <rqpp/module.h>

namespace {

using namespace std::chrono_literals;

void write_and_throw() {
  std::cout << "loading the model\n";
  std::cerr << "layer 7 has 3 weights\n\xff\n";
  std::printf("giving up");
  throw std::runtime_error("no such layer");
}

void write_and_crash() {
  std::cerr << "about to crash\n";
  std::raise(SIGSEGV);
}

void write_lines(int count) {
  for (int i = 0; i < count; ++i) std::cerr << "line " << i << '\n';
  throw std::runtime_error("done");
}

void write_bytes(long count) {
  const std::string chunk(65'536, 'x');
  for (long left = count; left > 0;) {
    const auto size = static_cast<std::size_t>(left < 65'536 ? left : 65'536);
    const ssize_t written = ::write(STDOUT_FILENO, chunk.data(), size);
    if (written <= 0) throw std::runtime_error("cannot write");
    left -= written;
  }
}

// Until the file exists.
void write_and_wait(const std::string& text, const std::string& file) {
  std::cout << text << std::endl;
  while (!std::filesystem::exists(file)) std::this_thread::sleep_for(2ms);
}

void write_until_stopped() {
  for (;;) write_bytes(1 << 20);
}

// A process that nobody finds any more keeps the pipe.
int leave_a_daemon() {
  const pid_t child = ::fork();
  if (child != 0) return static_cast<int>(child);
  ::setsid();
  for (;;) ::pause();
}

void fill_memory() {
  std::vector<std::string> kept;
  for (;;) kept.emplace_back(1 << 20, 'x');
}

void keep_memory(int megabytes) {
  static std::vector<std::string> kept;
  kept.clear();
  for (int i = 0; i < megabytes; ++i) kept.emplace_back(1 << 20, 'x');
}

void fill_memory_in_thread() { std::thread(fill_memory).join(); }

void burn_cpu() {
  for (volatile unsigned turns = 0;;) turns = turns + 1;
}

void burn_cpu_deaf() {
  std::signal(SIGXCPU, SIG_IGN);
  burn_cpu();
}

void burn_cpu_for(int milliseconds) {
  const auto used = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
  };
  for (const long end = used() + milliseconds; used() < end;) {
  }
}

void stop_myself() { std::raise(SIGSTOP); }

}  // namespace

RQPP_MODULE(talkers) {
  tasks.add("write_and_throw", write_and_throw);
  tasks.add("write_and_crash", write_and_crash);
  tasks.add("write_lines", write_lines);
  tasks.add("write_bytes", write_bytes);
  tasks.add("write_and_wait", write_and_wait);
  tasks.add("write_until_stopped", write_until_stopped);
  tasks.add("leave_a_daemon", leave_a_daemon);
  tasks.add("fill_memory", fill_memory);
  tasks.add("keep_memory", keep_memory);
  tasks.add("fill_memory_in_thread", fill_memory_in_thread);
  tasks.add("burn_cpu", burn_cpu);
  tasks.add("burn_cpu_deaf", burn_cpu_deaf);
  tasks.add("burn_cpu_for", burn_cpu_for);
  tasks.add("stop_myself", stop_myself);
}
