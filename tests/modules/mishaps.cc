// Tasks that end badly, each in its own way.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include <rqpp/module.h>

namespace harbour {

// Read through volatile, so that the compiler knows nothing of what is wrong.
volatile int zero = 0;
int* volatile nothing = nullptr;
void (*volatile nowhere)() = nullptr;

__attribute__((noinline)) int read_null() { return *nothing; }

__attribute__((noinline)) int load_cargo() { return read_null() + 1; }

__attribute__((noinline)) int divide(int cargo) { return cargo / zero; }

__attribute__((noinline)) int jump_nowhere() {
  nowhere();
  return 1;
}

__attribute__((noinline)) int sink_deeper(int depth) {
  volatile char ballast[1024];
  ballast[0] = static_cast<char>(depth);
  if (zero != 0) return 0;
  return sink_deeper(depth + 1) + ballast[0];
}

__attribute__((noinline)) void spoil_heap() {
  void* volatile block = std::malloc(24);
  void* const same = block;
  std::free(block);
  std::free(same);  // the C library finds that out
}

__attribute__((noinline)) void throw_fog() { throw std::runtime_error("fog on the quay"); }
__attribute__((noinline)) void throw_through_noexcept() noexcept { throw_fog(); }

__attribute__((noinline)) void burn_cpu() {
  while (zero == 0) {
  }
}

}  // namespace harbour

namespace {

void crash_in_thread() { std::thread(harbour::load_cargo).join(); }

// Takes the signal itself, as runtimes of other languages do.
void handle_own_crash() {
  struct sigaction action {};
  action.sa_handler = [](int) { ::_exit(42); };
  ::sigaction(SIGSEGV, &action, nullptr);
  harbour::load_cargo();
}

void crash_in_child() {
  if (::fork() == 0) harbour::load_cargo();
  std::exit(7);
}

std::string read_after_crash_of_child() {
  const pid_t child = ::fork();
  if (child == 0) harbour::load_cargo();
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
  }
  return WIFSIGNALED(status) ? "child died" : "child lives";
}

void close_everything() {
  for (int descriptor = 0; descriptor < 1024; ++descriptor) ::close(descriptor);
}

void crash_without_descriptors() {
  while (::dup(1) >= 0) {
  }
  harbour::load_cargo();
}

}  // namespace

RQPP_MODULE(mishaps) {
  tasks.add("read_null", harbour::load_cargo);
  tasks.add("divide", harbour::divide, {"cargo"});
  tasks.add("jump_nowhere", harbour::jump_nowhere);
  tasks.add("overflow_stack", harbour::sink_deeper, {"depth"});
  tasks.add("spoil_heap", harbour::spoil_heap);
  tasks.add("throw_through_noexcept", harbour::throw_through_noexcept);
  tasks.add("burn_cpu", harbour::burn_cpu);
  tasks.add("trap", [] { std::raise(SIGTRAP); });
  tasks.add("crash_in_thread", crash_in_thread);
  tasks.add("handle_own_crash", handle_own_crash);
  tasks.add("crash_in_child", crash_in_child);
  tasks.add("read_after_crash_of_child", read_after_crash_of_child);
  tasks.add("close_everything", close_everything);
  tasks.add("crash_without_descriptors", crash_without_descriptors);
}
