#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace rqpp::cli {

/// A script that completes the commands and options of `program` in a shell. It is all text: what
/// it offers is what the program had when it wrote it, and nothing is asked while somebody types.
std::string bash_completion(const CLI::App& program);
std::string zsh_completion(const CLI::App& program);
std::string fish_completion(const CLI::App& program);

}  // namespace rqpp::cli
