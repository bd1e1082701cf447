#include "symbols/debug_information.h"

#include <cstdlib>

#define BACKWARD_HAS_DW 1
#include <backward.hpp>

namespace rqpp::symbols {
namespace {

// libdw would ask servers on the network for debug information that is not installed.
class NoDebugInfoServers {
 public:
  NoDebugInfoServers() {
    const char* urls = std::getenv(kName);
    if (urls == nullptr) return;  // other threads may read the environment: leave it alone
    urls_ = urls;
    ::unsetenv(kName);
  }
  NoDebugInfoServers(const NoDebugInfoServers&) = delete;
  NoDebugInfoServers& operator=(const NoDebugInfoServers&) = delete;
  ~NoDebugInfoServers() {
    if (!urls_.empty()) ::setenv(kName, urls_.c_str(), 1);
  }

 private:
  static constexpr const char* kName = "DEBUGINFOD_URLS";
  std::string urls_{};
};

class LibdwInformation final : public DebugInformation {
 public:
  std::vector<Frame> frames_at(void* address) override {
    return split(resolver_.resolve(backward::Trace(address, 0)));
  }

 private:
  // `inliners` go from the innermost function outwards; each has the place where it is called.
  static std::vector<Frame> split(const backward::ResolvedTrace& trace) {
    std::vector<Frame> frames;
    std::string file = trace.source.filename;
    unsigned line = trace.source.line;
    for (const auto& inlined : trace.inliners) {
      frames.push_back(
          {.function = inlined.function, .file = file, .line = static_cast<int>(line)});
      file = inlined.filename;
      line = inlined.line;
    }
    // The symbol has namespace and parameters, the debug information just the name.
    const std::string& name =
        trace.object_function.empty() ? trace.source.function : trace.object_function;
    frames.push_back({.function = name, .file = file, .line = static_cast<int>(line)});
    return frames;
  }

  NoDebugInfoServers quiet_{};
  backward::TraceResolver resolver_{};
};

}  // namespace
}  // namespace rqpp::symbols

// What librqpp asks this library for.
extern "C" __attribute__((visibility("default"))) rqpp::symbols::DebugInformation*
rqpp_make_debug_information() {
  return new rqpp::symbols::LibdwInformation;
}
