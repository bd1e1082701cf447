#pragma once

#include <optional>
#include <span>

#include <rqpp/value.h>

namespace rqpp::codec {

/// What calling the global with these arguments gives, if it is one of the few whose result is
/// plain data: dates, Decimal, and the sets and bytes of old protocols. For every other callable,
/// and where an argument is unknown, it is an Opaque. Nothing is called or imported.
/// Throws DecodeError or InvalidArgument if the arguments do not fit the global.
Value reduce_global(const Opaque& callable, std::span<const Value> arguments);

/// True for `uuid.UUID`, which is made empty and then given its number.
bool is_uuid_class(const Opaque& callable);

/// The UUID that `{'int': n}` stands for. Throws DecodeError.
Value build_uuid(const Value& state);

}  // namespace rqpp::codec
