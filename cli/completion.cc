// All three scripts work alike: they walk over the words so far to find the command that they are
// in, `rqpp job show`, and offer what that one takes.

#include "completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

#include "command_tree.h"

namespace rqpp::cli {
namespace {

/// What completes the value behind an option.
enum class Values { file, folder, other };

Values values_of(const CLI::Option& option) {
  const std::string value = value_of(option);
  if (value == "FILE") return Values::file;
  return value == "FOLDER" ? Values::folder : Values::other;
}

/// In single quotes, for any of the shells.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char each : text) out += each == '\'' ? std::string("'\\''") : std::string(1, each);
  return out + "'";
}

/// The full names of all commands but the program's own, as alternatives of a `case`.
std::string command_pattern(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* each : all_commands(program)) {
    if (each != &program) names.push_back(in_quotes(full_name(*each)));
  }
  return fmt::format("{}", fmt::join(names, " | "));
}

/// The options of all commands whose values are of this kind, as alternatives of a `case`.
std::string option_pattern(const CLI::App& program, Values values) {
  std::vector<std::string> patterns;
  for (const CLI::App* command : all_commands(program)) {
    for (const CLI::Option* option : options_of(*command)) {
      if (value_of(*option).empty() || values_of(*option) != values) continue;
      for (const std::string& name : names_of(*option)) {
        patterns.push_back(in_quotes(fmt::format("{} {}", full_name(*command), name)));
      }
    }
  }
  return fmt::format("{}", fmt::join(patterns, " | "));
}

std::vector<std::string> option_words(const CLI::App& command) {
  std::vector<std::string> words;
  for (const CLI::Option* option : options_of(command)) {
    for (std::string& name : names_of(*option)) words.push_back(std::move(name));
  }
  return words;
}

/// `--name:what it is`, as zsh's _describe takes it.
std::string described(const std::string& name, std::string meaning) {
  for (std::size_t at = 0; (at = meaning.find(':', at)) != std::string::npos; at += 2) {
    meaning.insert(at, 1, '\\');
  }
  return in_quotes(fmt::format("{}:{}", name, meaning));
}

std::string zsh_case(const CLI::App& command) {
  std::string commands;
  for (const CLI::App* each : commands_of(command)) {
    commands += " " + described(each->get_name(), each->get_description());
  }
  std::string options;
  for (const CLI::Option* option : options_of(command)) {
    for (const std::string& name : names_of(*option)) {
      options += " " + described(name, option->get_description());
    }
  }
  return fmt::format("    {})\n      commands=({})\n      options=({})\n      ;;\n",
                     in_quotes(full_name(command)), commands, options);
}

std::string fish_option(const CLI::App& command, const CLI::Option& option) {
  std::string line = fmt::format("complete -c rqpp -n {}",
                                 in_quotes(fmt::format("__rqpp_is \"{}\"", full_name(command))));
  for (const std::string& name : option.get_snames()) line += " -s " + name;
  for (const std::string& name : option.get_lnames()) line += " -l " + name;
  if (!value_of(option).empty()) {
    line += " -r";
    if (values_of(option) == Values::file) line += " -F";
    if (values_of(option) == Values::folder) line += " -a '(__fish_complete_directories)'";
  }
  return line + " -d " + in_quotes(option.get_description()) + "\n";
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  std::string cases;
  for (const CLI::App* command : all_commands(program)) {
    cases += fmt::format("    {}) commands={} options={} ;;\n", in_quotes(full_name(*command)),
                         in_quotes(fmt::format("{}", fmt::join(command_names(*command), " "))),
                         in_quotes(fmt::format("{}", fmt::join(option_words(*command), " "))));
  }
  return fmt::format(R"(# bash completion for rqpp; `rqpp completion bash` writes it.
_rqpp() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
  local command=rqpp commands='' options='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${{COMP_WORDS[i]}}" in
      {}) command+=" ${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$command" in
{}  esac
  case "$command $previous" in
    {})
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    {})
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
    {}) return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
  fi
}}
complete -F _rqpp rqpp
)",
                     command_pattern(program), cases, option_pattern(program, Values::file),
                     option_pattern(program, Values::folder),
                     option_pattern(program, Values::other));
}

std::string zsh_completion(const CLI::App& program) {
  std::string cases;
  for (const CLI::App* command : all_commands(program)) cases += zsh_case(*command);
  return fmt::format(R"(#compdef rqpp
# zsh completion for rqpp; `rqpp completion zsh` writes it.
_rqpp() {{
  local command=rqpp word
  local -a commands options
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "$command $word" in
      {}) command+=" $word" ;;
    esac
  done
  case "$command" in
{}  esac
  case "$command ${{words[CURRENT-1]}}" in
    {}) _files; return ;;
    {}) _files -/; return ;;
    {}) return 1 ;;
  esac
  if [[ ${{words[CURRENT]}} == -* ]]; then
    _describe -o option options
  else
    _describe command commands
  fi
}}
if [ "$funcstack[1]" = _rqpp ]; then
  _rqpp "$@"
else
  compdef _rqpp rqpp
fi
)",
                     command_pattern(program), cases, option_pattern(program, Values::file),
                     option_pattern(program, Values::folder),
                     option_pattern(program, Values::other));
}

std::string fish_completion(const CLI::App& program) {
  std::vector<std::string> names;
  std::string lines;
  for (const CLI::App* command : all_commands(program)) {
    if (command != &program) names.push_back(in_quotes(full_name(*command)));
    for (const CLI::App* each : commands_of(*command)) {
      lines += fmt::format("complete -c rqpp -n {} -a {} -d {}\n",
                           in_quotes(fmt::format("__rqpp_is \"{}\"", full_name(*command))),
                           each->get_name(), in_quotes(each->get_description()));
    }
    for (const CLI::Option* option : options_of(*command)) lines += fish_option(*command, *option);
  }
  return fmt::format(R"(# fish completion for rqpp; `rqpp completion fish` writes it.
function __rqpp_is
  set -l command rqpp
  for word in (commandline -opc)[2..-1]
    if contains -- "$command $word" {}
      set command "$command $word"
    end
  end
  test "$command" = "$argv[1]"
end
complete -c rqpp -f
{})",
                     fmt::join(names, " "), lines);
}

}  // namespace rqpp::cli
