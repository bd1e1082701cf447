#pragma once

#include <CLI/CLI.hpp>

#include <rqpp/registry.h>

namespace rqpp::cli {

/// --error, --task and --older-than: which jobs of a registry are meant.
void add_filter(CLI::App& command, JobFilter& filter);

}  // namespace rqpp::cli
