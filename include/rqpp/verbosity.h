#pragma once

#include <cstdint>

namespace rqpp {

/// What a long-running part of rqpp logs: warnings only, RQ's lines, or everything.
enum class Verbosity : std::uint8_t { quiet, normal, verbose };

}  // namespace rqpp
