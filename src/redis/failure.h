#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "redis/settings.h"
#include "redis/transport.h"
#include "rqpp/error.h"

namespace rqpp::redis {

/// The errors of a connection, with whom it wanted to reach and what to do.
ConnectionError cannot_reach(const Settings& settings, const TransportFailure& failure);
ConnectionError connection_lost(const Settings& settings, std::string_view reason);
ConnectionError no_redis(const Settings& settings, std::string_view reason);
TimeoutError connect_timeout(const Settings& settings);
TimeoutError reply_timeout(const Settings& settings, std::chrono::milliseconds timeout);

/// The code of an error reply, `READONLY` say; also of one by which a script of ours was stopped,
/// which Redis before 7.0 wraps into a text.
std::string_view error_code(std::string_view error);
/// True for the answer of a server that has become a replica since we connected.
bool is_demotion(std::string_view error);

/// `5 s`, `1.5 s` or `250 ms`.
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace rqpp::redis
