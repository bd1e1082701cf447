#pragma once

#include <string>
#include <string_view>

#include <rqpp/module.h>

namespace rqpp::tasks {

/// Opens the file of a module in this process, which may end with it, and returns what it says of
/// itself. A file stays open for ever: the tasks, and what they left behind, are in it. Throws
/// TaskError if the file cannot be loaded, and if it holds no module of this name.
const Module& open_module(const std::string& file, std::string_view name);

/// Loads it in a child first, where it can do no harm, which makes its global objects twice (see
/// probe.h). Throws TaskError if it comes to grief there, Error if there can be no child. Returns
/// whether each horse should load it for itself: it starts threads when it is loaded, or asks for
/// it.
bool probe_module(const std::string& file, const std::string& name);

/// Throws TaskError unless this library can speak with the module; `file` is for the message.
void check_abi(const Module& module, const std::string& file);

/// The tasks of a module under its dotted name. Throws TaskError if the module's own code throws.
TaskTable fill_table(const Module& module, const std::string& name, const std::string& file);

}  // namespace rqpp::tasks
