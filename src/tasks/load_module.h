#pragma once

#include <string>
#include <string_view>

#include <rqpp/module.h>

namespace rqpp::tasks {

/// Whether a file is first loaded in a child, where it can do no harm (see probe.h), which makes
/// its global objects twice; or at once, in a process that may end with it.
enum class Loading { probed, direct };

/// Opens the file of a module and returns what it says of itself. A file stays open for ever: the
/// tasks, and what they left behind, are in it. Throws TaskError if the file cannot be loaded, and
/// if it holds no module of this name.
const Module& open_module(const std::string& file, std::string_view name, Loading loading);

/// Throws TaskError unless this library can speak with the module; `file` is for the message.
void check_abi(const Module& module, const std::string& file);

/// The tasks of a module under its dotted name. Throws TaskError if the module's own code throws.
TaskTable fill_table(const Module& module, const std::string& name, const std::string& file);

}  // namespace rqpp::tasks
