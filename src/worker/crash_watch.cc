#include "worker/crash_watch.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <exception>

#include "worker/job_limits.h"
#include "worker/traceback.h"

namespace rqpp::worker {
namespace {

constexpr std::array kCrashSignals{SIGSEGV, SIGBUS, SIGFPE,  SIGILL,
                                   SIGABRT, SIGSYS, SIGTRAP, SIGXCPU};
constexpr std::size_t kStackBytes = std::size_t{64} << 10;

// Handlers have nothing else to look at. Written once, by the horse and by the stable.
LastWords* own_words = nullptr;
pid_t owner = 0;  // of `own_words`: what it forks has a copy of the pointer
std::uintptr_t oldest_frame = UINTPTR_MAX;  // frames that lie as high are not recorded
std::terminate_handler runtime_terminate = nullptr;

// ---- the stack

struct Place {
  std::uintptr_t instruction = 0;
  std::uintptr_t stack = 0;
};

Place place_of(const void* context) {
  [[maybe_unused]] const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return {static_cast<std::uintptr_t>(machine.gregs[REG_RIP]),
          static_cast<std::uintptr_t>(machine.gregs[REG_RSP])};
#elif defined(__aarch64__)
  return {machine.pc, machine.sp};
#else
  return {};
#endif
}

struct WalkFromCrash {
  LastWords* words = nullptr;
  std::uintptr_t first = 0;
  bool began = false;  // the handler's own frames are behind us
};

bool add_frame(LastWords& words, std::uintptr_t address) {
  const std::uint32_t count = words.frames.load(std::memory_order_relaxed);
  if (count >= LastWords::kMostFrames) {
    words.cut.store(1);
    return false;
  }
  words.addresses[count] = address;
  words.frames.store(count + 1, std::memory_order_release);
  return true;
}

_Unwind_Reason_Code take_crashed(_Unwind_Context* context, void* argument) {
  WalkFromCrash& walk = *static_cast<WalkFromCrash*>(argument);
  const std::uintptr_t address = _Unwind_GetIP(context);
  if (address == 0) return _URC_END_OF_STACK;
  walk.began = walk.began || address == walk.first;
  if (!walk.began) return _URC_NO_REASON;
  if (_Unwind_GetCFA(context) >= oldest_frame) return _URC_END_OF_STACK;
  return add_frame(*walk.words, address) ? _URC_NO_REASON : _URC_END_OF_STACK;
}

// A fault on the way, on a stack that is overwritten, ends the process with what there is so far.
void walk_stack(LastWords& words, Place place) {
  WalkFromCrash walk{.words = &words, .first = place.instruction};
  _Unwind_Backtrace(take_crashed, &walk);
  if (walk.began) return;
  // It went where there is no code, by a null pointer to a function, say. Its caller is known.
  add_frame(words, place.instruction);
#if defined(__x86_64__)
  std::uintptr_t caller = 0;
  std::memcpy(&caller, reinterpret_cast<const void*>(place.stack), sizeof caller);
  add_frame(words, caller);
#endif
}

// ---- what is mapped where

/// Copies the lines that name a file.
class FileLines {
 public:
  explicit FileLines(LastWords& words) : words_(words) {}

  void take(char byte) {
    if (length_ < line_.size()) line_[length_++] = byte;
    if (byte != '\n') return;
    const bool whole = line_[length_ - 1] == '\n';
    if (whole && std::memchr(line_.data(), '/', length_) != nullptr) keep();
    length_ = 0;
  }

 private:
  void keep() {
    const std::uint32_t size = words_.maps_bytes.load(std::memory_order_relaxed);
    if (words_.maps.size() - size < length_) return;
    std::copy_n(line_.data(), length_, words_.maps.data() + size);
    words_.maps_bytes.store(size + static_cast<std::uint32_t>(length_), std::memory_order_release);
  }

  LastWords& words_;
  std::array<char, 512> line_{};
  std::size_t length_ = 0;
};

int open_maps() {
  constexpr const char* kMaps = "/proc/self/maps";
  const int descriptor = ::open(kMaps, O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) return descriptor;
  ::close(STDIN_FILENO);  // too many are open, and nobody will read from this one any more
  return ::open(kMaps, O_RDONLY | O_CLOEXEC);
}

void copy_maps(LastWords& words) {
  const int maps = open_maps();
  if (maps < 0) return;
  FileLines lines(words);
  std::array<char, 4096> chunk{};
  for (ssize_t count = 0; (count = ::read(maps, chunk.data(), chunk.size())) > 0;) {
    std::for_each(chunk.data(), chunk.data() + count, [&lines](char byte) { lines.take(byte); });
  }
  ::close(maps);
}

// ---- the handlers

bool was_sent(const siginfo_t& info) { return info.si_code <= 0; }

void record(int signal, const siginfo_t& info, const void* context) {
  // A process that the task has forked has no place: its end is not the horse's.
  LastWords* words = own_last_words();
  if (words == nullptr) return;
  const Place place = place_of(context);
  words->code = info.si_code;
  words->sender = was_sent(info) && info.si_pid != ::getpid() ? info.si_pid : 0;
  words->address = was_sent(info) ? 0 : reinterpret_cast<std::uintptr_t>(info.si_addr);
  words->stack_pointer = place.stack;
  words->frames.store(0);
  words->signal.store(signal, std::memory_order_release);
  copy_maps(*words);
  walk_stack(*words, place);
}

// A faulty instruction is run once more and faults again. Other signals would not come again.
bool comes_again(int signal, const siginfo_t& info) {
  const bool fault = signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL;
  return fault && !was_sent(info);
}

void on_crash(int signal, siginfo_t* info, void* context) {
  static std::atomic_flag busy = ATOMIC_FLAG_INIT;
  if (busy.test_and_set()) {
    for (;;) ::pause();  // another thread is at it and ends them all
  }
  record(signal, *info, context);
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  // Blocked until this returns.
  if (!comes_again(signal, *info)) ::syscall(SYS_tgkill, ::getpid(), ::gettid(), signal);
}

[[noreturn]] void on_terminate() {
  lift_memory_limit();  // or there might be none to say this with
  const std::exception_ptr error = std::current_exception();
  say_last(error == nullptr ? "std::terminate was called without an exception"
                            : "std::terminate was called for " + describe_exception(error).summary);
  runtime_terminate();
  std::abort();
}

void install_handlers() {
  struct sigaction action {};
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  // A crash in the handler is for the kernel to deal with.
  for (const int signal : kCrashSignals) ::sigaddset(&action.sa_mask, signal);
  for (const int signal : kCrashSignals) ::sigaction(signal, &action, nullptr);
  runtime_terminate = std::set_terminate(on_terminate);
}

void make_stack() {
  void* memory = ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return;
  stack_t stack{};
  stack.ss_sp = memory;
  stack.ss_size = kStackBytes;
  ::sigaltstack(&stack, nullptr);
}

_Unwind_Reason_Code go_on(_Unwind_Context*, void*) { return _URC_NO_REASON; }

}  // namespace

__attribute__((noinline)) void watch_for_crashes() {
  oldest_frame = reinterpret_cast<std::uintptr_t>(__builtin_dwarf_cfa());
  make_stack();
  // The first walk allocates; no other does.
  _Unwind_Backtrace(go_on, nullptr);
  install_handlers();
}

void keep_last_words_in(LastWords* words) noexcept {
  own_words = words;
  owner = ::getpid();
}

LastWords* own_last_words() noexcept { return ::getpid() == owner ? own_words : nullptr; }

void say_last(std::string_view reason) noexcept {
  if (LastWords* words = own_last_words()) words->say(reason);
}

}  // namespace rqpp::worker
