#include "worker/throw_points.h"

#include <unwind.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "worker/throw_hook.h"

namespace rqpp::worker {
namespace {

constexpr std::size_t kMaxFrames = 64;
// The newest throws; older ones belong to exceptions that have long been handled, or are causes of
// causes.
constexpr std::size_t kRemembered = 16;

struct Throw {
  const void* object = nullptr;
  std::array<void*, kMaxFrames> addresses{};  // return addresses, innermost first
  std::size_t count = 0;
  bool cut = false;  // there were more
};

// Only a hook can see a throw, and it has no other place to look: the one global state here. Not in
// the archive of what librqpp hides, since one process has one hook.
struct Memory {
  // First what each run touches, so that it lies on one page.
  std::atomic<int> watchers{0};
  std::atomic_flag busy = ATOMIC_FLAG_INIT;
  std::size_t next = 0;
  std::array<Throw, kRemembered> throws{};
};
constinit Memory memory;
// Frames that lie as high on this thread's stack are the watcher's own. The stack grows down.
thread_local std::uintptr_t watcher_frame = UINTPTR_MAX;

// A throw must never wait long: after some tries it goes unremembered. A fork while another thread
// holds the lock would leave it held for ever.
bool try_lock() {
  for (int i = 0; i < 10'000; ++i) {
    if (!memory.busy.test_and_set(std::memory_order_acquire)) return true;
  }
  return false;
}
void unlock() { memory.busy.clear(std::memory_order_release); }

struct WalkFromThrower {
  Throw* slot = nullptr;
  std::uintptr_t runtime = 0;  // the return address of the hook, in __cxa_throw
  bool began = false;          // the frames of the hook and of the runtime are behind us
};

_Unwind_Reason_Code take_thrower(_Unwind_Context* context, void* argument) {
  WalkFromThrower& walk = *static_cast<WalkFromThrower*>(argument);
  const std::uintptr_t address = _Unwind_GetIP(context);
  if (!walk.began) {
    walk.began = address == walk.runtime;
    return _URC_NO_REASON;
  }
  // A thread's stack ends in an address of 0.
  if (address == 0 || _Unwind_GetCFA(context) >= watcher_frame) return _URC_END_OF_STACK;
  Throw& slot = *walk.slot;
  slot.cut = slot.count == slot.addresses.size();
  if (slot.cut) return _URC_END_OF_STACK;
  slot.addresses[slot.count++] = reinterpret_cast<void*>(address);
  return _URC_NO_REASON;
}

void remember(const void* object, void* runtime) {
  if (!try_lock()) return;
  Throw& slot = memory.throws[memory.next++ % kRemembered];
  slot.object = object;
  slot.count = 0;
  slot.cut = false;
  WalkFromThrower walk{.slot = &slot, .runtime = reinterpret_cast<std::uintptr_t>(runtime)};
  _Unwind_Backtrace(take_thrower, &walk);
  unlock();
}

// A thrown object, not what std::rethrow_exception raises; in both runtimes the class ends so.
bool is_thrown(const _Unwind_Exception& exception) {
  constexpr std::uint64_t kCpp = 0x432B2B00;  // "C++\0"
  return (exception.exception_class & 0xFFFFFFFF) == kCpp;
}

// Where throws come by in a process that has run a job. The object lies behind what unwinds it, in
// both runtimes.
__attribute__((noinline)) _Unwind_Reason_Code on_raise(_Unwind_Exception* exception) {
  if (memory.watchers.load(std::memory_order_relaxed) != 0 && is_thrown(*exception)) {
    remember(exception + 1, __builtin_return_address(0));
  }
  return runtime_raise()(exception);
}

}  // namespace

void ThrowWatch::prepare() { hook_throws(on_raise); }

__attribute__((noinline)) void ThrowWatch::start() {
  prepare();
  watcher_frame = reinterpret_cast<std::uintptr_t>(__builtin_dwarf_cfa());
  if (std::exchange(started_, true)) return;
  memory.watchers.fetch_add(1, std::memory_order_release);
}

ThrowWatch::~ThrowWatch() {
  if (!started_) return;
  watcher_frame = UINTPTR_MAX;
  // Another thread may still need what is remembered.
  if (memory.watchers.fetch_sub(1, std::memory_order_acq_rel) != 1 || !try_lock()) return;
  // Another exception will get the same address some day. What was not used is not touched: in a
  // fresh horse each page costs a fault.
  for (std::size_t i = 0; i < std::min(memory.next, kRemembered); ++i) {
    memory.throws[i].object = nullptr;
  }
  if (memory.next != 0) memory.next = 0;
  unlock();
}

ThrowPoint throw_point_of(const void* object) {
  if (object == nullptr || !try_lock()) return {};
  ThrowPoint point;
  for (std::size_t back = 1; back <= std::min(memory.next, kRemembered); ++back) {
    const Throw& slot = memory.throws[(memory.next - back) % kRemembered];
    if (slot.object != object) continue;
    const auto begin = slot.addresses.begin();
    point = {.addresses = {begin, begin + static_cast<std::ptrdiff_t>(slot.count)},
             .cut = slot.cut};
    break;
  }
  unlock();
  return point;
}

}  // namespace rqpp::worker
