#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace rqpp::codec {

/// A stream of one entry in the form of Redis' DUMP, for RESTORE: `milliseconds`-0 is its id,
/// `fields` are its fields and values in pairs, at least one. Any Redis from 5.0 on reads it.
///
/// It takes Redis one command to make the stream of this, with a time to live, where XADD and
/// EXPIRE are two; and the stream has no 4 KiB allocated for what is to come.
std::string dump_of_stream(std::uint64_t milliseconds, std::span<const std::string> fields);

}  // namespace rqpp::codec
