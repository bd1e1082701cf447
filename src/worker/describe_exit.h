#pragma once

#include <string>

#include "worker/frames.h"

namespace rqpp::worker {

/// Why a horse ended without an outcome, as the error of its job. The first line is RQ's, with the
/// space at its end; then comes the backtrace, if it left one, and the last line says it in words.
std::string describe_exit(const HorseExited& exited);

/// `SIGSEGV (Segmentation fault)`.
std::string signal_words(int signal);

}  // namespace rqpp::worker
