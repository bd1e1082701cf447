#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <rqpp/value.h>

namespace rqpp::codec {

/// Appends Python's repr(). May stop early, anywhere, once `out` has more than `enough` bytes: a
/// description shows the start of a value, whatever its size.
void append_repr(std::string& out, const Value& value, std::size_t enough = std::string::npos);

/// repr() cut to 75 characters, with `...` if something is missing; as RQ cuts arguments.
std::string short_repr(const Value& value);

/// Text for an error message: in quotes, escaped and cut as `short_repr`.
std::string quoted(std::string_view text);

}  // namespace rqpp::codec
