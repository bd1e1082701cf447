#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rqpp::tasks {

/// The folders in which modules lie as files, in the order in which they are searched.
///
/// A module's name decides its file: `fib` is `fib.so` or else `libfib.so`, `pkg.m` is `pkg/m.so`
/// or else `pkg/libm.so`. Names come from Redis: one that is no dotted name of identifiers finds
/// nothing, so that no name leads out of the folders.
class ModulePath {
 public:
  /// An empty folder is the current one. Relative folders are resolved here, once.
  explicit ModulePath(const std::vector<std::string>& folders = {});

  /// The absolute path of the module's file.
  std::optional<std::string> find(std::string_view module) const;
  /// The names of the modules in a package, sorted: `pkg.m` for "pkg"; of those outside of packages
  /// for "". Looks at no more than some thousand files.
  std::vector<std::string> list(std::string_view package = {}) const;

  const std::vector<std::string>& folders() const { return folders_; }

 private:
  std::vector<std::string> folders_;
};

}  // namespace rqpp::tasks
