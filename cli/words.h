#pragma once

#include <string>
#include <string_view>
#include <vector>

// The words of a line in a file of settings.
namespace rqpp::cli {

/// Without the blanks at both ends.
std::string_view trimmed(std::string_view text);

/// Words as a shell splits them: at blanks, except within '…' and "…" and behind a backslash.
/// Throws InvalidArgument.
std::vector<std::string> split_words(std::string_view line);

}  // namespace rqpp::cli
