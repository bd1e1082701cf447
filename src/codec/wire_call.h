#pragma once

#include <string>
#include <string_view>

#include <rqpp/call.h>
#include <rqpp/enqueue_options.h>

namespace rqpp::codec {

/// A call as read, and the serializer in which its caller expects the result.
struct DecodedCall {
  Call call{};
  Serializer serializer = Serializer::pickle;
};

/// The serialized, uncompressed `(function, None, args, kwargs)` that a job's `data` holds.
/// Throws InvalidArgument if the serializer cannot hold an argument.
std::string encode_call(const Call& call, Serializer serializer);

/// Reads the inflated `data` of a job. Throws DecodeError if it is damaged, or if only Python can
/// run it: a bound method, or an argument that is no plain data.
DecodedCall decode_call(std::string_view serialized);

/// The call as Python text, as RQ puts it into a job's `description`: `fib.slow_fib(20, n=3)`.
/// Each argument is cut to 75 characters.
std::string describe(const Call& call);

}  // namespace rqpp::codec
