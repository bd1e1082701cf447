#pragma once

#include <memory>
#include <string>
#include <vector>

#include "symbols/debug_information.h"
#include "worker/symbol_cache.h"

namespace rqpp::worker {

using symbols::Frame;

/// Finds names and lines for the addresses of a backtrace. The first look into a binary takes
/// milliseconds, or many where debug information is large. It keeps whole files mapped while it
/// lives.
class Symbolizer {
 public:
  /// With a cache, debug information is read only for what that does not have. Without one,
  /// addresses of code that the dynamic linker does not know are looked up as well.
  explicit Symbolizer(SymbolCache* cache = nullptr);
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;
  ~Symbolizer();

  /// The frames at a return address, innermost first: functions that the compiler inlined have
  /// frames of their own if there is debug information. One frame at least.
  std::vector<Frame> frames_at(void* return_address);

 private:
  std::vector<Frame> look_up(void* return_address);

  SymbolCache* cache_;
  bool opened_ = false;
  std::unique_ptr<symbols::DebugInformation> debug_information_{};  // null: there is none
};

/// The one of this process and those that it forks from then on.
SymbolCache& symbol_cache();

/// Whether the address lies in rqpp's own library. False where rqpp is linked into the program
/// itself, beside the user's code.
bool is_in_rqpp(void* return_address);

/// A C++ name in its readable form; the text itself if it is no mangled name.
std::string demangle(const char* name);

}  // namespace rqpp::worker
