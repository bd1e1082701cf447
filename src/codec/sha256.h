#pragma once

#include <string>
#include <string_view>

namespace rqpp::codec {

/// SHA-256 (FIPS 180-4) as 64 hexadecimal digits: a name for a text of any length.
std::string sha256_hex(std::string_view text);

}  // namespace rqpp::codec
