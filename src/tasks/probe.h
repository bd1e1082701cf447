#pragma once

#include <functional>
#include <string>

namespace rqpp::tasks {

/// Loads a library in a forked child first, so that one whose global objects throw, crash or exit
/// when they are made fails there: an exception out of dlopen ends the process, or leaves the
/// loader locked.
/// Throws TaskError that says how it failed. An error that dlopen would report is none here, and
/// neither is what `asks_to_be_alone` throws.
///
/// Returns whether no process that goes on to fork should load it: it starts threads when it is
/// loaded, or `asks_to_be_alone`, called in the child with the library's handle, says so.
bool probe_library(const std::string& file, const std::function<bool(void*)>& asks_to_be_alone);

}  // namespace rqpp::tasks
