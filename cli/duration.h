#pragma once

#include <chrono>
#include <string_view>

namespace rqpp::cli {

/// Durations as RQ takes them: whole seconds, `90` or `90s`, minutes `5m`, hours `2h`, days `1d`.
/// Negative ones pass: -1 stands for no limit. Throws InvalidArgument.
std::chrono::seconds parse_duration(std::string_view text);

}  // namespace rqpp::cli
