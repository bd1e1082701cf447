#include "tasks/module_file.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <rqpp/detail/task_name.h>

namespace rqpp::tasks {
namespace {

namespace fs = std::filesystem;

constexpr int kMostFiles = 4096;

/// `pkg.m` as `pkg/m`, to be put behind a folder.
std::string as_path(std::string_view module) {
  std::string path(module);
  std::ranges::replace(path, '.', '/');
  return path;
}

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

/// `fib` for `fib.so` and `libfib.so`; nothing for other files.
std::optional<std::string> module_of(const std::string& file) {
  constexpr std::string_view kSuffix = ".so";
  constexpr std::string_view kPrefix = "lib";
  std::string_view name = file;
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  if (name == "librqpp") return std::nullopt;  // often beside the modules, and none itself
  if (name.size() > kPrefix.size() && name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  const bool identifier = detail::is_dotted_name(name) && name.find('.') == std::string_view::npos;
  return identifier ? std::optional(std::string(name)) : std::nullopt;
}

void list_folder(const std::string& folder, const std::string& prefix,
                 std::vector<std::string>& names) {
  std::error_code error;
  int left = kMostFiles;
  for (fs::directory_iterator file(folder, error), end; !error && file != end && left > 0;
       file.increment(error), --left) {
    const std::optional<std::string> name = module_of(file->path().filename().string());
    if (name && is_file(file->path().string())) names.push_back(prefix + *name);
  }
}

}  // namespace

ModulePath::ModulePath(const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    fs::path path = fs::absolute(folder.empty() ? "." : folder).lexically_normal();
    if (!path.has_filename() && path.has_relative_path()) path = path.parent_path();
    if (std::ranges::find(folders_, path.string()) == folders_.end()) {
      folders_.push_back(path.string());
    }
  }
}

std::optional<std::string> ModulePath::find(std::string_view module) const {
  if (!detail::is_dotted_name(module)) return std::nullopt;
  const std::size_t dot = module.rfind('.');
  const bool packaged = dot != std::string_view::npos;
  const std::string package = packaged ? as_path(module.substr(0, dot)) + "/" : "";
  const std::string name(packaged ? module.substr(dot + 1) : module);
  for (const std::string& folder : folders_) {
    for (const std::string& file : {name + ".so", "lib" + name + ".so"}) {
      std::string path = (fs::path(folder) / (package + file)).string();
      if (is_file(path)) return path;
    }
  }
  return std::nullopt;
}

std::vector<std::string> ModulePath::list(std::string_view package) const {
  std::vector<std::string> names;
  if (!package.empty() && !detail::is_dotted_name(package)) return names;
  const std::string prefix = package.empty() ? "" : std::string(package) + ".";
  for (const std::string& folder : folders_) {
    list_folder((fs::path(folder) / as_path(package)).string(), prefix, names);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace rqpp::tasks
