#include "worker/symbolize.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/auxv.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#ifdef RQPP_HAS_LIBDW
#define BACKWARD_HAS_DW 1
#include <backward.hpp>
#endif

namespace rqpp::worker {
namespace {

// A return address points behind its call, maybe into the next line or function.
char* call_of(void* return_address) { return static_cast<char*>(return_address) - 1; }

const void* binary_of(void* return_address) {
  Dl_info info{};
  return ::dladdr(call_of(return_address), &info) == 0 ? nullptr : info.dli_fbase;
}

// What the dynamic linker knows: the binary, and names that it exports.
Frame look_up_symbol(void* return_address) {
  Dl_info info{};
  if (::dladdr(call_of(return_address), &info) == 0 || info.dli_fname == nullptr) {
    return {.file = fmt::format("{}", return_address)};
  }
  const auto offset = call_of(return_address) - static_cast<char*>(info.dli_fbase);
  Frame frame{.file = fmt::format("{}+{:#x}", info.dli_fname, offset)};
  if (info.dli_sname != nullptr) frame.function = demangle(info.dli_sname);
  return frame;
}

#ifdef RQPP_HAS_LIBDW

// libdw would ask servers on the network for debug information that is not installed.
class NoDebugInfoServers {
 public:
  NoDebugInfoServers() {
    if (const char* urls = std::getenv(kName)) urls_ = urls;
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

// `inliners` go from the innermost function outwards; each has the place where it is called.
std::vector<Frame> split(const backward::ResolvedTrace& trace) {
  std::vector<Frame> frames;
  std::string file = trace.source.filename;
  unsigned line = trace.source.line;
  for (const auto& inlined : trace.inliners) {
    frames.push_back({.function = inlined.function, .file = file, .line = static_cast<int>(line)});
    file = inlined.filename;
    line = inlined.line;
  }
  // The symbol has namespace and parameters, the debug information just the name.
  const std::string& name =
      trace.object_function.empty() ? trace.source.function : trace.object_function;
  frames.push_back({.function = name, .file = file, .line = static_cast<int>(line)});
  return frames;
}

#endif

}  // namespace

struct Symbolizer::DebugInformation {
#ifdef RQPP_HAS_LIBDW
  NoDebugInfoServers quiet{};
  backward::TraceResolver resolver{};
#endif
};

Symbolizer::Symbolizer() : debug_information_(std::make_unique<DebugInformation>()) {}
Symbolizer::~Symbolizer() = default;

std::vector<Frame> Symbolizer::frames_at(void* return_address) {
#ifdef RQPP_HAS_LIBDW
  const auto trace =
      debug_information_->resolver.resolve(backward::Trace(call_of(return_address), 0));
  if (!trace.source.filename.empty()) return split(trace);
  Frame frame = look_up_symbol(return_address);
  if (frame.function.empty()) frame.function = trace.object_function;
  return {std::move(frame)};
#else
  return {look_up_symbol(return_address)};
#endif
}

bool is_in_rqpp(void* return_address) {
  static int anchor = 0;
  static const void* const library = binary_of(&anchor);
  static const void* const program =
      binary_of(reinterpret_cast<void*>(::getauxval(AT_ENTRY) + 1));  // a number is all we get
  return library != program && binary_of(return_address) == library;
}

std::string demangle(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  std::string text = status == 0 && readable ? readable.get() : name;
  // As people write it.
  static constexpr std::string_view kLong =
      "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >";
  for (std::size_t at = text.find(kLong); at != std::string::npos; at = text.find(kLong, at)) {
    text.replace(at, kLong.size(), "std::string");
  }
  return text;
}

}  // namespace rqpp::worker
