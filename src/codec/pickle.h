#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <rqpp/value.h>

namespace rqpp::codec {

/// The longest pickle that is read, and the longest serialized value that is written: Redis itself
/// takes no longer string.
inline constexpr std::size_t kMaxSerializedBytes = std::size_t{512} << 20;

/// What a value read may take in memory, and would take if every shared part of it were a copy.
/// Sharing lets a pickle of 200 bytes mean 2^60 objects; whatever walks the value later would never
/// end.
inline constexpr std::size_t kMaxExpandedBytes = std::size_t{1} << 30;

/// The bytes of a pickle of this value: protocol 4 without FRAME and MEMOIZE, which every CPython
/// since 3.4 loads. Throws InvalidArgument for a value that holds an opaque object, text that is
/// not UTF-8, or more than kMaxSerializedBytes.
std::string write_pickle(const Value& value);

/// Reads a pickle of protocol 2 to 5 as data: nothing is imported and nothing is called. Plain
/// values, dates, Decimal and UUID become Values; every other object becomes an Opaque that keeps
/// its name. Throws DecodeError, with the byte offset, for damaged or recursive input and for a
/// value beyond the limit.
Value read_pickle(std::string_view bytes, std::size_t memory_limit = kMaxExpandedBytes);

}  // namespace rqpp::codec
