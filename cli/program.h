#pragma once

#include <string>
#include <vector>

#include "context.h"

namespace rqpp::cli {

/// Runs `rqpp <words>` and returns its exit code. Errors are said in `context`, never thrown.
int run_program(const std::vector<std::string>& words, Context& context);

}  // namespace rqpp::cli
