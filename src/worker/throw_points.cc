#include "worker/throw_points.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <typeinfo>

namespace rqpp::worker {
namespace {

constexpr std::size_t kMaxFrames = 64;
constexpr std::size_t kMaxBase = 64;
// The newest throws; older ones belong to exceptions that have long been handled, or are causes of
// causes.
constexpr std::size_t kRemembered = 16;

struct Trace {
  std::array<void*, kMaxFrames + kMaxBase> addresses{};
  std::size_t count = 0;

  __attribute__((noinline)) void capture() {
    const int got = ::backtrace(addresses.data(), static_cast<int>(addresses.size()));
    count = static_cast<std::size_t>(std::max(got, 0));
  }
};

struct Throw {
  const void* object = nullptr;
  void* thrower = nullptr;  // the return address of __cxa_throw
  Trace trace{};
};

// Only a hook can see a throw, and it has no other place to look: the one global state here.
std::atomic<bool> watching{false};
std::atomic_flag busy = ATOMIC_FLAG_INIT;
Trace base;
std::array<Throw, kRemembered> remembered;
std::size_t next = 0;

// A throw must never wait long: after some tries it goes unremembered. A fork while another thread
// holds the lock would leave it held for ever.
bool try_lock() {
  for (int i = 0; i < 10'000; ++i) {
    if (!busy.test_and_set(std::memory_order_acquire)) return true;
  }
  return false;
}
void unlock() { busy.clear(std::memory_order_release); }

void remember(const void* object, void* thrower) {
  if (!try_lock()) return;
  Throw& slot = remembered[next++ % kRemembered];
  slot.object = object;
  slot.thrower = thrower;
  slot.trace.capture();
  unlock();
}

// How many of the oldest addresses both stacks have in common.
std::size_t common_tail(const Trace& a, const Trace& b) {
  std::size_t length = 0;
  while (length < a.count && length < b.count &&
         a.addresses[a.count - 1 - length] == b.addresses[b.count - 1 - length]) {
    ++length;
  }
  return length;
}

ThrowPoint cut_out(const Throw& thrown) {
  const auto begin = thrown.trace.addresses.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(thrown.trace.count);
  auto first = std::find(begin, end, thrown.thrower);
  if (first == end) first = begin;
  auto last = end;
  // The frame next to the common ones called `start`, and stands at another of its lines.
  if (const std::size_t tail = common_tail(thrown.trace, base); tail > 0) {
    last = end - static_cast<std::ptrdiff_t>(std::min(tail + 1, thrown.trace.count));
  }
  if (last < first) last = first;
  const bool cut = (last == end && thrown.trace.count == thrown.trace.addresses.size()) ||
                   static_cast<std::size_t>(last - first) > kMaxFrames;
  last = std::min(last, first + static_cast<std::ptrdiff_t>(
                                    std::min(kMaxFrames, static_cast<std::size_t>(last - first))));
  return {.addresses = {first, last}, .cut = cut};
}

}  // namespace

void ThrowWatch::start() {
  base.capture();
  watching.store(true, std::memory_order_release);
}

ThrowWatch::~ThrowWatch() {
  watching.store(false, std::memory_order_release);
  // Another exception will get the same address some day.
  next = 0;
  for (Throw& slot : remembered) slot.object = nullptr;
}

ThrowPoint throw_point_of(const void* object) {
  if (object == nullptr || !try_lock()) return {};
  ThrowPoint point;
  for (std::size_t back = 1; back <= std::min(next, kRemembered); ++back) {
    const Throw& slot = remembered[(next - back) % kRemembered];
    if (slot.object != object) continue;
    point = cut_out(slot);
    break;
  }
  unlock();
  return point;
}

}  // namespace rqpp::worker

// Stands in front of the C++ runtime's own: the dynamic linker finds this one first.
extern "C" __attribute__((noreturn, visibility("default"))) void __cxa_throw(  // NOLINT
    void* object, std::type_info* type, void (*destroy)(void*)) {
  using Throw = void (*)(void*, std::type_info*, void (*)(void*));
  if (rqpp::worker::watching.load(std::memory_order_relaxed)) {
    rqpp::worker::remember(object, __builtin_return_address(0));
  }
  // The address of what comes next in line, which is the runtime's.
  static const auto runtime_throw = reinterpret_cast<Throw>(::dlsym(RTLD_NEXT, "__cxa_throw"));
  if (runtime_throw != nullptr) runtime_throw(object, type, destroy);
  std::abort();
}
