#pragma once

#include <memory>
#include <string>
#include <vector>

namespace rqpp::worker {

/// One line of a backtrace.
struct Frame {
  std::string function{};  ///< `slow_fib(int)`; empty if nothing knows it.
  /// The source file; without debug information the binary and the place in it: `fib.so+0x11f9`.
  std::string file{};
  int line = 0;  ///< 0: unknown.

  bool operator==(const Frame&) const = default;
};

/// Finds names and lines for the addresses of a backtrace. The first look into a binary takes
/// milliseconds, or many where debug information is large.
class Symbolizer {
 public:
  Symbolizer();
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;
  ~Symbolizer();

  /// The frames at a return address, innermost first: functions that the compiler inlined have
  /// frames of their own if there is debug information. One frame at least.
  std::vector<Frame> frames_at(void* return_address);

 private:
  struct DebugInformation;

  std::unique_ptr<DebugInformation> debug_information_;
};

/// Whether the address lies in rqpp's own library. False where rqpp is linked into the program
/// itself, beside the user's code.
bool is_in_rqpp(void* return_address);

/// A C++ name in its readable form; the text itself if it is no mangled name.
std::string demangle(const char* name);

}  // namespace rqpp::worker
