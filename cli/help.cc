#include "help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "command_tree.h"

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

std::string shown(const CLI::Option& option) {
  const std::string value = value_of(option);
  return fmt::format("{}{}{}", fmt::join(names_of(option), ", "), value.empty() ? "" : " ", value);
}

}  // namespace

std::string usage_of(const CLI::App& command) {
  std::string text = fmt::format("{} [OPTIONS]", full_name(command));
  for (const CLI::Option* each : arguments_of(command)) {
    text +=
        each->get_required() ? " " + argument_of(*each) : fmt::format(" [{}]", argument_of(*each));
  }
  return text + (commands_of(command).empty() ? "" : " COMMAND");
}

std::string Help::make_help(const CLI::App* command, std::string, CLI::AppFormatMode) const {
  std::string text =
      fmt::format("Usage: {}\n\n{}\n", usage_of(*command), command->get_description());
  std::string arguments;
  for (const auto* each : arguments_of(*command)) {
    append_entry(arguments, argument_of(*each), meaning_of(*each));
  }
  std::string options;
  for (const auto* each : options_of(*command)) {
    append_entry(options, shown(*each), meaning_of(*each));
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
