// rqpp completion and rqpp man: what the commands say of themselves, for shells and for man(1).

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>

#include "base/printable.h"
#include "command_tree.h"
#include "commands.h"
#include "completion.h"
#include "manual.h"
#include "options.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

namespace fs = std::filesystem;

std::string completion_for(const std::string& shell, const CLI::App& program) {
  if (shell == "bash") return bash_completion(program);
  if (shell == "zsh") return zsh_completion(program);
  if (shell == "fish") return fish_completion(program);
  throw InvalidArgument(fmt::format("'{}' is not one of bash, zsh and fish", shell));
}

void write_file(const fs::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::trunc | std::ios::binary);
  stream << text << std::flush;
  if (!stream) throw Error(fmt::format("cannot write '{}'", file.string()));
}

/// What `make install` puts in place: man1/ and a file for each shell under its usual name.
void write_all(const fs::path& folder, const CLI::App& program) {
  std::error_code error;
  fs::create_directories(folder / "man1", error);
  if (error) {
    throw Error(fmt::format("cannot make the folder '{}': {}", folder.string(), error.message()));
  }
  for (const CLI::App* command : all_commands(program)) {
    write_file(folder / "man1" / (page_name(*command) + ".1"), manual_page(*command));
  }
  write_file(folder / "rqpp", bash_completion(program));
  write_file(folder / "_rqpp", zsh_completion(program));
  write_file(folder / "rqpp.fish", fish_completion(program));
}

const CLI::App& command_called(const std::vector<std::string>& words, const CLI::App& program) {
  const std::string name = fmt::format("rqpp {}", fmt::join(words, " "));
  if (words.empty()) return program;
  for (const CLI::App* each : all_commands(program)) {
    if (full_name(*each) == name) return *each;
  }
  throw InvalidArgument(fmt::format("there is no command '{}'", base::printable(name)));
}

}  // namespace

void add_completion(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("completion", "Print a script for the shell's Tab key");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->type_name("");
  add_examples(*command, R"help(  rqpp completion fish | source       in ~/.config/fish/config.fish
  eval "$(rqpp completion bash)"      in ~/.bashrc
  eval "$(rqpp completion zsh)"       in ~/.zshrc, after compinit

`make install` has put them where the shells look by themselves. Exit codes: 0, 2 usage.)help");
  command->callback([shell, &app, &context] { context.print(completion_for(*shell, app)); });
}

void add_man(CLI::App& app, Context& context) {
  struct GenerateArguments {
    std::vector<std::string> command{};
    std::string folder{};
  };
  auto given = std::make_shared<GenerateArguments>();
  auto* command = app.add_subcommand("man", "Print the manual page of a command");
  command->group("");
  command->add_option("COMMAND", given->command, "Without one, that of rqpp itself")->type_name("");
  command
      ->add_option("--into", given->folder,
                   "Write all pages, and the completions of all shells, into this folder")
      ->type_name("FOLDER");
  add_examples(*command, "  rqpp man job show | man -l -");
  command->callback([given, &app, &context] {
    if (given->folder.empty())
      return context.print(manual_page(command_called(given->command, app)));
    write_all(given->folder, app);
  });
}

}  // namespace rqpp::cli
