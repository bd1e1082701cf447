#pragma once

#include <string>
#include <string_view>

namespace rqpp::cli {

/// Text from Redis for a terminal: control characters, which could move the cursor or worse, and
/// bytes that are not UTF-8 become `\x1b`; all else stays. Line breaks and tabs pass `lines` only.
enum class Breaks { escape, keep };
std::string printable(std::string_view text, Breaks breaks = Breaks::escape);

/// Up to the first line break. Behind what a failed job says stands its traceback.
std::string first_line(std::string_view text);

}  // namespace rqpp::cli
