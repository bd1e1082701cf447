#pragma once

#include <string>

#include <rqpp/call.h>

namespace rqpp::codec {

/// What calls of one task with the same arguments have in common, as 64 hexadecimal digits: the
/// SHA-256 of the call as Python text, `fib.slow_fib(20, n=3)`, with each argument as `repr` writes
/// it, and named ones in the order of these texts.
std::string fingerprint(const Call& call);

}  // namespace rqpp::codec
