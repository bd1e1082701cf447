#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rqpp::codec {

/// The most that a compressed field may inflate to, unless the caller says otherwise.
inline constexpr std::size_t kMaxInflatedBytes = std::size_t{512} << 20;

/// Compresses to zlib's format. `level` is 0 (none) to 9 (best).
std::string deflate(std::string_view bytes, int level = 6);

/// Throws DecodeError if the bytes are no zlib stream or inflate to more than `limit`.
std::string inflate(std::string_view bytes, std::size_t limit = kMaxInflatedBytes);

/// A job's `data` as RQ reads it: inflated if it is a zlib stream, else the bytes as they are.
/// Throws DecodeError if it inflates to more than `limit`.
std::string inflate_or_raw(std::string_view bytes, std::size_t limit = kMaxInflatedBytes);

}  // namespace rqpp::codec
