#pragma once

#include <CLI/CLI.hpp>

// Options of RQ that only Python can follow. Command lines written for `rq` have them, so each is
// known, and none is shown in --help.
namespace rqpp::cli {

/// Those that RQ gives to every command. The ones that name Python classes are refused, with the
/// reason and what to do instead; --path and --serializer are taken, and do nothing in a command
/// that neither loads modules nor writes calls and has not defined them itself.
void add_python_options(CLI::App& command);

/// Those of `rq worker` and `rq worker-pool`, refused likewise.
void add_python_worker_options(CLI::App& command);

}  // namespace rqpp::cli
