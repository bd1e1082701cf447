#pragma once

#include <filesystem>

namespace rqpp::cli {

/// The folder with fib.so, the module that comes with rqpp: beside the program in a build, in
/// libexec once installed. Throws Error.
std::filesystem::path folder_of_fib();

}  // namespace rqpp::cli
