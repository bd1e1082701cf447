#pragma once

#include <string>

#include "redis/settings.h"

namespace rqpp::redis {

/// The address of this machine that it uses towards the Redis of these settings; for a Unix socket
/// its path and `:0`, as CLIENT INFO shows it; `unknown` where it cannot be told. It sends nothing,
/// but may look a host name up.
std::string local_address(const Settings& settings);

}  // namespace rqpp::redis
