#pragma once

#include <string>
#include <string_view>

namespace rqpp::codec {

/// The standard alphabet, with padding and without line breaks.
std::string encode_base64(std::string_view bytes);

/// Throws DecodeError for anything that `encode_base64` would not write.
std::string decode_base64(std::string_view text);

}  // namespace rqpp::codec
