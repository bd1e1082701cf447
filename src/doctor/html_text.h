#pragma once

#include <string>
#include <string_view>

namespace rqpp::doctor {

/// Text for HTML, within elements and attributes in quotes: `<`, `>`, `&` and quotes become
/// entities, control characters and bytes that are not UTF-8 become `\x1b`.
std::string html_text(std::string_view text);

/// The same, where what stands between two backticks becomes <code>.
std::string html_prose(std::string_view text);

}  // namespace rqpp::doctor
