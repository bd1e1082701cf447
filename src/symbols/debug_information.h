#pragma once

#include <string>
#include <vector>

namespace rqpp::symbols {

/// One line of a backtrace.
struct Frame {
  std::string function{};  ///< `slow_fib(int)`; empty if nothing knows it.
  /// The source file; without debug information the binary and the place in it: `fib.so+0x11f9`.
  std::string file{};
  int line = 0;  ///< 0: unknown.

  bool operator==(const Frame&) const = default;
};

/// Names and lines of this process's code, as its debug information has them. The first look into a
/// binary takes milliseconds, or many where debug information is large.
class DebugInformation {
 public:
  DebugInformation() = default;
  DebugInformation(const DebugInformation&) = delete;
  DebugInformation& operator=(const DebugInformation&) = delete;
  virtual ~DebugInformation() = default;

  /// The frames at an address, innermost first: functions that the compiler inlined have frames of
  /// their own. One at least; what is not known is empty.
  virtual std::vector<Frame> frames_at(void* address) = 0;
};

}  // namespace rqpp::symbols
