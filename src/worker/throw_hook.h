#pragma once

#include <unwind.h>

// Observes throws without replacing a function of the C++ runtime: a library that defines
// __cxa_throw replaces it for every program that links it. The runtime starts to unwind by a call
// into another library, through an entry of its GOT. A process that runs jobs redirects that entry,
// which also covers the throws of libraries that a task opens later.
namespace rqpp::worker {

using RaiseFunction = _Unwind_Reason_Code (*)(_Unwind_Exception*);

/// What unwinds in the end; null if the linker can name no such function.
RaiseFunction runtime_raise() noexcept;

/// Sends every throw by what is loaded now to `hook`, which must end in `runtime_raise`. Costs less
/// than a microsecond if nothing was loaded since the last call. On machines whose relocations we
/// do not know, and where memory cannot be made writable, nothing happens.
void hook_throws(RaiseFunction hook) noexcept;

}  // namespace rqpp::worker
