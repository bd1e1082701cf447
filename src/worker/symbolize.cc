#include "worker/symbolize.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/auxv.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/companion.h"
#include "worker/code_place.h"

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

std::unique_ptr<symbols::DebugInformation> make_debug_information() {
  try {
    return std::unique_ptr<symbols::DebugInformation>(
        base::find_in_companion<symbols::DebugInformation*()>("symbols",
                                                              "rqpp_make_debug_information")());
  } catch (const base::NoCompanion&) {
    return nullptr;  // rqpp was built without libdw
  }
}

}  // namespace

Symbolizer::Symbolizer(SymbolCache* cache) : cache_(cache) {}
Symbolizer::~Symbolizer() = default;

std::vector<Frame> Symbolizer::frames_at(void* return_address) {
  const std::string place = cache_ == nullptr ? "" : place_of(call_of(return_address));
  if (place.empty()) return look_up(return_address);
  if (auto known = cache_->find(place)) return *std::move(known);
  std::vector<Frame> frames = look_up(return_address);
  cache_->insert(place, frames);
  return frames;
}

std::vector<Frame> Symbolizer::look_up(void* return_address) {
  if (!std::exchange(opened_, true)) debug_information_ = make_debug_information();
  std::vector<Frame> frames;
  if (debug_information_) frames = debug_information_->frames_at(call_of(return_address));
  if (!frames.empty() && !frames.front().file.empty()) return frames;
  Frame frame = look_up_symbol(return_address);
  if (frame.function.empty() && !frames.empty()) frame.function = frames.front().function;
  return {std::move(frame)};
}

SymbolCache& symbol_cache() {
  static SymbolCache cache;
  return cache;
}

bool is_in_rqpp(void* return_address) {
  static const char anchor[2] = {};
  static const void* const library = binary_of(const_cast<char*>(anchor + 1));
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
