#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace rqpp::worker {

/// What an operator should hear of the folders in which a worker looks for modules: others than
/// root and the worker's user may write what it will run. One sentence per folder at most; looks at
/// the folder, at those above it, and at the modules in it, a thousand files at most. A group that
/// is the user's own does not count, as each user has one of its own on most systems.
std::vector<std::string> untrusted_modules(const std::vector<std::string>& folders, uid_t user,
                                           gid_t group);

}  // namespace rqpp::worker
