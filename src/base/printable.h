#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rqpp::base {

/// Text from outside for a terminal or a log: control characters, which could move the cursor or
/// worse, and bytes that are not UTF-8 become `\x1b`; all else stays. Line breaks and tabs pass
/// with Breaks::keep only.
enum class Breaks : std::uint8_t { escape, keep };
std::string printable(std::string_view text, Breaks breaks = Breaks::escape);

/// The text with `***` for each password in a URL, `redis://me:***@db`.
std::string without_passwords(std::string_view text);

}  // namespace rqpp::base
