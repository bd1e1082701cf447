#include "help.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

namespace rqpp::cli {
namespace {

constexpr std::size_t kLeft = 28;
constexpr std::size_t kWidth = 96;

/// A name with what it means beside it, broken into lines.
void append_entry(std::string& text, const std::string& name, std::string_view meaning) {
  std::string line = fmt::format("  {:<{}}", name, kLeft - 2);
  if (name.size() + 4 > kLeft) {
    text += line + '\n';
    line.assign(kLeft, ' ');
  }
  while (line.size() + meaning.size() > kWidth) {
    const std::size_t blank = meaning.rfind(' ', kWidth - line.size());
    if (blank == std::string_view::npos) break;
    text += line.append(meaning.substr(0, blank)) + '\n';
    line.assign(kLeft, ' ');
    meaning.remove_prefix(blank + 1);
  }
  text += line.append(meaning) + '\n';
}

std::string names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  std::string text = fmt::format("{}", fmt::join(names, ", "));
  const bool is_flag = option.get_items_expected_max() == 0;
  const std::string type = is_flag ? std::string() : option.get_type_name();
  if (!type.empty()) text += " " + type;
  return text;
}

std::string argument_of(const CLI::Option& option) {
  return option.get_name() + (option.get_items_expected_max() > 1 ? "..." : "");
}

std::string meaning_of(const CLI::Option& option) {
  const std::string standard = option.get_default_str();
  return standard.empty() ? option.get_description()
                          : fmt::format("{} (default: {})", option.get_description(), standard);
}

std::vector<const CLI::App*> commands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

std::string usage_of(const CLI::App& command) {
  std::string text = fmt::format("Usage: {} [OPTIONS]", full_name(command));
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    text += option->get_required() ? " " + argument_of(*option)
                                   : fmt::format(" [{}]", argument_of(*option));
  }
  return text + (commands_of(command).empty() ? "\n" : " COMMAND\n");
}

}  // namespace

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name()
                           : fmt::format("{} {}", full_name(*parent), command.get_name());
}

std::string Help::make_help(const CLI::App* command, std::string, CLI::AppFormatMode) const {
  std::string text = usage_of(*command) + "\n" + command->get_description() + "\n";
  std::string arguments;
  std::string options;
  for (const CLI::Option* option : command->get_options()) {
    if (option->get_positional()) {
      append_entry(arguments, argument_of(*option), meaning_of(*option));
    } else {
      append_entry(options, names_of(*option), meaning_of(*option));
    }
  }
  std::string commands;
  for (const CLI::App* each : commands_of(*command)) {
    append_entry(commands, each->get_name(), each->get_description());
  }
  const auto add_group = [&text](std::string_view title, const std::string& entries) {
    if (!entries.empty()) text += fmt::format("\n{}:\n{}", title, entries);
  };
  add_group("Arguments", arguments);
  add_group("Commands", commands);
  add_group("Options", options);
  if (!command->get_footer().empty()) text += "\n" + command->get_footer() + "\n";
  return text;
}

}  // namespace rqpp::cli
