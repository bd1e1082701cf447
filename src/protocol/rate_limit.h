#pragma once

#include <string>
#include <string_view>

#include <rqpp/rate_limit.h>

namespace rqpp::protocol {

/// Throws InvalidArgument unless it has 1 to 200 bytes in one line.
void check_limit_key(std::string_view option, std::string_view key);

/// The field `rqpp_rate_limit` of a new job, `10 60 - example.com`: count, seconds, the moment for
/// which the job was scheduled, none yet, and the key. Empty for no limit. Throws InvalidArgument.
std::string rate_limit_text(const RateLimit& limit);

/// Throws DecodeError.
RateLimit read_rate_limit(std::string_view text);

}  // namespace rqpp::protocol
