#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

// What CLI11 knows of the commands and their options, as help, manual pages and completions show
// it.
namespace rqpp::cli {

/// `rqpp job show`.
std::string full_name(const CLI::App& command);

/// The commands of a command that people should see.
std::vector<const CLI::App*> commands_of(const CLI::App& command);
std::vector<std::string> command_names(const CLI::App& command);
/// The command and all below it, each before its own commands.
std::vector<const CLI::App*> all_commands(const CLI::App& command);

/// The options that people should see, and the arguments, each in their order.
std::vector<const CLI::Option*> options_of(const CLI::App& command);
std::vector<const CLI::Option*> arguments_of(const CLI::App& command);

/// `-u`, `--url`.
std::vector<std::string> names_of(const CLI::Option& option);
/// What stands behind an option: `FILE`; nothing for a flag.
std::string value_of(const CLI::Option& option);
/// `QUEUES...`.
std::string argument_of(const CLI::Option& argument);
/// What it is for, with its default.
std::string meaning_of(const CLI::Option& option);

}  // namespace rqpp::cli
