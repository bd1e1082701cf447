#include "worker/trust.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "tasks/module_file.h"

namespace rqpp::worker {
namespace {

namespace fs = std::filesystem;

struct Trusted {
  uid_t user;
  gid_t group;
};

/// Who else may change a file or what is in a folder. In a sticky folder, as /tmp, others may add
/// but not exchange what is there.
std::optional<std::string> other_writer(const fs::path& path, const Trusted& trusted, bool above) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;  // it can hold nothing yet
  if (facts.st_uid != 0 && facts.st_uid != trusted.user) {
    return fmt::format("belongs to user {}", facts.st_uid);
  }
  if (above && (facts.st_mode & S_ISVTX) != 0) return std::nullopt;
  if ((facts.st_mode & S_IWOTH) != 0) return "may be written by everybody";
  if ((facts.st_mode & S_IWGRP) != 0 && facts.st_gid != 0 && facts.st_gid != trusted.group) {
    return fmt::format("may be written by group {}", facts.st_gid);
  }
  return std::nullopt;
}

std::optional<std::string> complaint(const std::string& folder, const Trusted& trusted) {
  const auto tell = [&](const fs::path& path, const std::string& why) {
    return fmt::format("'{}' {}: whoever that is can run code in this worker's jobs", path.string(),
                       why);
  };
  std::error_code error;
  const fs::path whole = fs::canonical(folder, error);
  if (error) return std::nullopt;
  bool above = false;
  for (fs::path at = whole;; at = at.parent_path(), above = true) {
    if (const auto why = other_writer(at, trusted, above)) return tell(at, *why);
    if (at == at.parent_path()) break;
  }
  const tasks::ModulePath modules({whole.string()});
  for (const std::string& name : modules.list()) {
    const auto file = modules.find(name);
    if (!file) continue;
    if (const auto why = other_writer(*file, trusted, false)) return tell(*file, *why);
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> untrusted_modules(const std::vector<std::string>& folders, uid_t user,
                                           gid_t group) {
  std::vector<std::string> complaints;
  for (const std::string& folder : folders) {
    const auto found = complaint(folder.empty() ? "." : folder, {.user = user, .group = group});
    if (found) complaints.push_back(*found);
  }
  return complaints;
}

}  // namespace rqpp::worker
