#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rqpp::tasks {

/// Why a library cannot be loaded by this one, where the linker's words (`dlerror`) hide it: it
/// misses a function of rqpp, whose name tells with which standard library it was compiled. Nothing
/// if something else is wrong.
std::optional<std::string> foreign_abi(std::string_view linker_error, std::string_view file_name);

}  // namespace rqpp::tasks
