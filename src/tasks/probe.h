#pragma once

#include <string>

namespace rqpp::tasks {

/// Loads a library in a forked child first, so that one whose global objects throw, crash or exit
/// when they are made fails there: an exception out of dlopen ends the process, or leaves the
/// loader locked.
/// Throws TaskError that says how it failed. An error that dlopen would report is none here.
void probe_library(const std::string& file);

}  // namespace rqpp::tasks
