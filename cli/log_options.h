#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include <rqpp/verbosity.h>

namespace rqpp::cli {

/// What a command that keeps running says how it logs.
struct LogOptions {
  Verbosity verbosity = Verbosity::normal;
  std::string format{};
  std::string date_format{};
};

void add_log_options(CLI::App& command, LogOptions& options);

/// The pattern of its lines, as spdlog's. Throws InvalidArgument.
std::string pattern_of(const LogOptions& options);

}  // namespace rqpp::cli
