#include "base/companion.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>

#include <rqpp/version.h>

namespace rqpp::base {
namespace {

// Of this very version: another one may have been installed while this process runs.
constexpr const char* kFolder = "rqpp-" RQPP_VERSION;

std::string own_folder() {
  static const int anchor = 0;
  Dl_info info{};
  if (::dladdr(&anchor, &info) == 0 || info.dli_fname == nullptr) return ".";
  return std::filesystem::path(info.dli_fname).parent_path();
}

}  // namespace

std::string companion_path(const std::string& file) {
  return fmt::format("{}/{}/{}", own_folder(), kFolder, file);
}

void* find_symbol_in_companion(const std::string& name, const char* function) {
  const std::string file = companion_path(name + ".so");
  // Never unloaded: what it made may be in use anywhere.
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw NoCompanion(fmt::format("cannot load '{}': {}", file, ::dlerror()));
  }
  void* address = ::dlsym(library, function);
  if (address == nullptr) throw NoCompanion(fmt::format("'{}' has no {}", file, function));
  return address;
}

}  // namespace rqpp::base
