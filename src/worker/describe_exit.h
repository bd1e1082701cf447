#pragma once

#include <string>

namespace rqpp::worker {

/// Why a horse ended without an outcome, as the error of its job. The first line is RQ's, with the
/// space at its end; the second says it in words.
std::string describe_exit(int wait_status);

}  // namespace rqpp::worker
