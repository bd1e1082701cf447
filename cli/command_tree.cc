#include "command_tree.h"

#include <fmt/format.h>

namespace rqpp::cli {
namespace {

bool is_hidden(const CLI::Option& option) { return option.get_group().empty(); }

}  // namespace

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name()
                           : fmt::format("{} {}", full_name(*parent), command.get_name());
}

std::vector<const CLI::App*> commands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* each) { return !each->get_group().empty(); });
}

std::vector<std::string> command_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* each : commands_of(command)) names.push_back(each->get_name());
  return names;
}

std::vector<const CLI::App*> all_commands(const CLI::App& command) {
  std::vector<const CLI::App*> all{&command};
  for (const CLI::App* each : commands_of(command)) {
    const auto below = all_commands(*each);
    all.insert(all.end(), below.begin(), below.end());
  }
  return all;
}

std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  return command.get_options(
      [](const CLI::Option* each) { return !each->get_positional() && !is_hidden(*each); });
}

std::vector<const CLI::Option*> arguments_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* each) { return each->get_positional(); });
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::string value_of(const CLI::Option& option) {
  const bool is_flag = option.get_items_expected_max() == 0;
  return is_flag ? std::string() : option.get_type_name();
}

std::string argument_of(const CLI::Option& argument) {
  return argument.get_name() + (argument.get_items_expected_max() > 1 ? "..." : "");
}

std::string meaning_of(const CLI::Option& option) {
  const std::string standard = option.get_default_str();
  return standard.empty() ? option.get_description()
                          : fmt::format("{} (default: {})", option.get_description(), standard);
}

}  // namespace rqpp::cli
