#pragma once

#include <span>
#include <string>
#include <vector>

namespace rqpp::worker {

/// One line of a backtrace.
struct Frame {
  std::string function{};  ///< `slow_fib(int)`; empty if nothing knows it.
  /// The source file; without debug information the binary and the place in it: `fib.so+0x11f9`.
  std::string file{};
  int line = 0;          ///< 0: unknown.
  bool in_rqpp = false;  ///< It lies in rqpp's own library.

  bool operator==(const Frame&) const = default;
};

/// The frames of return addresses, innermost first as these are; functions that the compiler
/// inlined have frames of their own if there is debug information. Slow: milliseconds and more.
std::vector<Frame> symbolize(std::span<void* const> return_addresses);

/// A C++ name in its readable form; the text itself if it is no mangled name.
std::string demangle(const char* name);

}  // namespace rqpp::worker
