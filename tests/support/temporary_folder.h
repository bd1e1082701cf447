#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "rqpp/error.h"

namespace rqpp::test {

/// A new folder, which is removed with this object, whatever is in it.
class TemporaryFolder {
 public:
  /// Throws Error if it cannot be made.
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "rqpp-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw Error("cannot make the folder " + name);
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::string string() const { return path_.string(); }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_{};
};

}  // namespace rqpp::test
