#include "tasks/foreign_abi.h"

#include <dlfcn.h>

#include <array>
#include <string>

#include <fmt/format.h>

#include <rqpp/detail/module_abi.h>

namespace rqpp::tasks {
namespace {

struct Sign {
  std::string_view in_name;  // of a mangled symbol
  std::string_view standard_library;
};

// As module_abi.h names them. The old std::string is an abbreviation of the C++ ABI, `Ss`, which
// the new one has not.
constexpr std::string_view kOldString = "libstdc++ with the old std::string";
constexpr std::array kSigns{Sign{"NSt3__1", "libc++"},
                            Sign{"NSt7__debug", "libstdc++ with _GLIBCXX_DEBUG"},
                            Sign{"Ss", kOldString}};

/// The mangled name that could not be found, without a version.
std::string_view missing_symbol(std::string_view error) {
  constexpr std::string_view kWords = "undefined symbol: ";
  const auto at = error.find(kWords);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = error.substr(at + kWords.size());
  return rest.substr(0, rest.find_first_of(", ("));
}

/// Whether rqpp has a function that differs from `symbol` only in returning the std::string since
/// C++11: the type of what is returned is no part of a name, but that one leaves a tag there.
bool lacks_tag_of_new_string(std::string_view symbol) {
  for (std::size_t at = 2; at < symbol.size(); ++at) {
    const std::string tagged =
        std::string(symbol.substr(0, at)) + "B5cxx11" + std::string(symbol.substr(at));
    if (::dlsym(RTLD_DEFAULT, tagged.c_str()) != nullptr) return true;
  }
  return false;
}

std::string built_with(std::string_view file_name, std::string_view standard_library) {
  return fmt::format(
      "{} was built with {}, this worker with {}: rebuild it with the same standard library",
      file_name, standard_library, detail::kStandardLibrary);
}

}  // namespace

std::optional<std::string> foreign_abi(std::string_view linker_error, std::string_view file_name) {
  const std::string_view symbol = missing_symbol(linker_error);
  const bool ours = symbol.starts_with("_Z") && symbol.find("4rqpp") != std::string_view::npos;
  if (!ours) return std::nullopt;
  for (const Sign& sign : kSigns) {
    if (symbol.find(sign.in_name) != std::string_view::npos) {
      return built_with(file_name, sign.standard_library);
    }
  }
  if (lacks_tag_of_new_string(symbol)) return built_with(file_name, kOldString);
  return fmt::format(
      "{} was built for another release of rqpp, whose {} this one lacks: rebuild it "
      "with this rqpp",
      file_name, symbol);
}

}  // namespace rqpp::tasks
