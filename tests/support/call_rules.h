#pragma once

#include <string>

#include "support/slow_log.h"

namespace rqpp::test {

/// The most elements that one call may touch.
inline constexpr long kMostElements = 100;

/// Why rqpp must not make such a call, as a sentence, or an empty text: its cost grows with what is
/// in Redis, or it touches more than kMostElements. A command that is not known here is
/// refused, too: whoever begins to use it says how many elements it can touch.
std::string broken_rule(const ExecutedCall& call);

/// What a call is, for statistics: the command, and what its key is about: `HSET rq:job`,
/// `EVALSHA 1f0e…`.
std::string class_of(const ExecutedCall& call);

}  // namespace rqpp::test
