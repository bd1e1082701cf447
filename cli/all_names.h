#pragma once

#include <functional>
#include <string>
#include <vector>

#include "redis/connection.h"

namespace rqpp::cli {

/// The names of all queues or workers that are registered in Redis, sorted. Costs one command and
/// one round trip per about a hundred names.
std::vector<std::string> all_queues(redis::Connection& connection);
std::vector<std::string> all_workers(redis::Connection& connection);

/// The same of whoever asks Redis, as Connection::run does.
using Run = std::function<std::vector<redis::Reply>(const redis::Batch&)>;
std::vector<std::string> all_queues(const Run& run);
std::vector<std::string> all_workers(const Run& run);

}  // namespace rqpp::cli
