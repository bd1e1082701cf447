#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rqpp/usage.h>

// The field `rqpp_usage` of a result:
// `wall_us=1234 user_us=1000 system_us=20 peak_bytes=10485760`.
namespace rqpp::protocol {

std::string to_text(const Usage& usage);

/// Names that are unknown are left to later versions. Nothing if a number is missing, malformed or
/// negative: the field is for people and stops nobody.
std::optional<Usage> parse_usage(std::string_view text);

}  // namespace rqpp::protocol
