#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <rqpp/value.h>

#include "codec/pickle.h"

namespace rqpp::codec {

/// As Python's `json.dumps(value)`: ASCII, `, ` and `: `, tuples as lists, `NaN` and `Infinity`.
/// Throws InvalidArgument for what JSON cannot hold, such as bytes or a date, and for text that is
/// not UTF-8.
std::string write_json(const Value& value);

/// As Python's `json.loads(bytes.decode())`: takes `NaN`, `Infinity` and `-Infinity`, integers of
/// any size (up to Value::kMaxIntegerDigits) and lone surrogates; of equal keys the last wins.
/// Throws DecodeError, with the byte offset, for anything else, for nesting deeper than
/// Value::kMaxDepth and for a value beyond the limit.
Value read_json(std::string_view text, std::size_t memory_limit = kMaxExpandedBytes);

}  // namespace rqpp::codec
