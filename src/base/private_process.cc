#include "base/private_process.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace rqpp::base {
namespace {

bool is_variable(const char* entry, const std::string& name) {
  return std::strncmp(entry, name.c_str(), name.size()) == 0 && entry[name.size()] == '=';
}

}  // namespace

PrivateProcess::PrivateProcess() noexcept : before_(::prctl(PR_GET_DUMPABLE)) {
  ::prctl(PR_SET_DUMPABLE, 0);
}

PrivateProcess::~PrivateProcess() {
  if (before_ == 1) ::prctl(PR_SET_DUMPABLE, 1);  // the kernel alone sets other values
}

void end_privacy() noexcept { ::prctl(PR_SET_DUMPABLE, 1); }

Environment::Environment(std::span<const std::string> without) {
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const bool left_out =
        std::any_of(without.begin(), without.end(),
                    [entry](const std::string& name) { return is_variable(*entry, name); });
    if (!left_out) entries_.push_back(*entry);
  }
  entries_.push_back(nullptr);
}

void wipe_variables(std::span<const std::string> names) noexcept {
  for (const std::string& name : names) {
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
      if (!is_variable(*entry, name)) continue;
      ::explicit_bzero(*entry + name.size() + 1, std::strlen(*entry + name.size() + 1));
    }
    ::unsetenv(name.c_str());
  }
}

}  // namespace rqpp::base
