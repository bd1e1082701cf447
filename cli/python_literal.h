#pragma once

#include <string_view>

#include <rqpp/value.h>

namespace rqpp::cli {

/// Reads what Python's `ast.literal_eval` takes: None, True, False, integers, floats, strings and
/// bytes with their prefixes and escapes, tuples, lists, dicts and sets. Not taken are complex
/// numbers, `...` and `\N{name}`. Nothing is ever executed. Throws DecodeError, with the place.
Value parse_python_literal(std::string_view text);

}  // namespace rqpp::cli
