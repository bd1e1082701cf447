#pragma once

#include <string>
#include <vector>

#include "redis/connection.h"

namespace rqpp::cli {

/// The names of all queues or workers that are registered in Redis, sorted. Costs one command and
/// one round trip per about a hundred names.
std::vector<std::string> all_queues(redis::Connection& connection);
std::vector<std::string> all_workers(redis::Connection& connection);

}  // namespace rqpp::cli
