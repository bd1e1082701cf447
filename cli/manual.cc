#include "manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include "command_tree.h"
#include "help.h"

#include <rqpp/version.h>

namespace rqpp::cli {
namespace {

/// Text as troff takes it: no character is a command, and a hyphen can be copied as one.
std::string roff_escaped(std::string_view text) {
  std::string out;
  for (const char each : text) {
    if (each == '\\') {
      out += "\\e";
    } else if (each == '-') {
      out += "\\-";
    } else {
      out += each;
    }
  }
  return out;
}

/// A line of its own; one that begins with a dot or a quote would be a command.
std::string line(std::string_view text) {
  const bool is_command = text.starts_with('.') || text.starts_with('\'');
  return (is_command ? "\\&" : "") + roff_escaped(text) + "\n";
}

std::string entry(const std::string& name, const std::string& meaning) {
  return ".TP\n" + name + "\n" + line(meaning);
}

std::string bold(std::string_view text) { return "\\fB" + roff_escaped(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff_escaped(text) + "\\fR"; }

std::string option_entry(const CLI::Option& option) {
  std::string name;
  for (const std::string& each : names_of(option)) name += (name.empty() ? "" : ", ") + bold(each);
  const std::string value = value_of(option);
  if (!value.empty()) name += " " + italic(value);
  return entry(name, meaning_of(option));
}

/// The end of a command's help: lines that are set in there are kept as they are.
std::string footer(std::string_view text) {
  std::string out;
  bool as_it_is = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view each = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool set_in = each.starts_with("  ");
    if (set_in != as_it_is) out += set_in ? ".nf\n" : ".fi\n";
    as_it_is = set_in;
    if (each == "Examples:") {
      out += ".SH EXAMPLES\n";
    } else if (each.empty()) {
      out += ".PP\n";
    } else {
      out += line(each);
    }
  }
  return as_it_is ? out + ".fi\n" : out;
}

std::string section(const char* title, const std::string& text) {
  return text.empty() ? std::string() : fmt::format(".SH {}\n{}", title, text);
}

std::string see_also(const CLI::App& command) {
  std::vector<const CLI::App*> others = commands_of(command);
  if (command.get_parent() != nullptr) others.insert(others.begin(), command.get_parent());
  std::string text;
  for (const CLI::App* each : others) {
    text += fmt::format("{}{}(1)", text.empty() ? "" : ",\n", bold(page_name(*each)));
  }
  return text.empty() ? text : text + "\n";
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char each) { return static_cast<char>(std::toupper(each)); });
  return text;
}

}  // namespace

std::string page_name(const CLI::App& command) {
  std::string name = full_name(command);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string manual_page(const CLI::App& command) {
  std::string arguments;
  for (const auto* each : arguments_of(command)) {
    arguments += entry(italic(argument_of(*each)), meaning_of(*each));
  }
  std::string commands;
  for (const CLI::App* each : commands_of(command)) {
    commands += entry(bold(each->get_name()), each->get_description());
  }
  std::string options;
  for (const auto* each : options_of(command)) options += option_entry(*each);
  const std::string end = footer(command.get_footer());
  const bool begins_anew = end.starts_with(".SH");

  return fmt::format(".TH \"{}\" 1 \"\" \"rqpp {}\" \"User Commands\"\n", upper(page_name(command)),
                     RQPP_VERSION) +
         section("NAME", fmt::format("{} \\- {}\n", roff_escaped(page_name(command)),
                                     roff_escaped(command.get_description()))) +
         section("SYNOPSIS", line(usage_of(command))) + section("ARGUMENTS", arguments) +
         section("COMMANDS", commands) + section("OPTIONS", options) +
         (begins_anew ? end : section("NOTES", end)) + section("SEE ALSO", see_also(command));
}

}  // namespace rqpp::cli
