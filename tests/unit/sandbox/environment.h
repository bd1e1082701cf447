#pragma once

#include <map>
#include <optional>
#include <string>

#include "redis/settings.h"

namespace rqpp::sandbox {

/// Variables as a process would see them.
inline redis::Environment environment(std::map<std::string, std::string> variables) {
  return [variables](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

}  // namespace rqpp::sandbox
