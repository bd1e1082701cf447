#pragma once

#include <memory>
#include <string>
#include <vector>

#include "symbols/debug_information.h"

namespace rqpp::worker {

using symbols::Frame;

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
  std::unique_ptr<symbols::DebugInformation> debug_information_;  // null: there is none
};

/// Whether the address lies in rqpp's own library. False where rqpp is linked into the program
/// itself, beside the user's code.
bool is_in_rqpp(void* return_address);

/// A C++ name in its readable form; the text itself if it is no mangled name.
std::string demangle(const char* name);

}  // namespace rqpp::worker
