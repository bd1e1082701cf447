#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "redis/connection.h"

namespace rqpp::test {

/// All keys as text, for comparing states: one line per key in the order of their names, as
/// `rq:job:j1 hash data=D status=queued (ttl 60)`. Members of sets and fields are sorted, ids of
/// stream entries are left out, and line breaks stand before the first and behind the last line.
std::string dump_keys(redis::Connection& connection);

/// The same of whoever answers commands.
using Ask = std::function<redis::Reply(std::vector<std::string>)>;
std::string dump_keys(const Ask& ask);

/// What Redis executes from here on, by the names of its commands; what scripts call counts too.
void reset_counts(redis::Connection& connection);
std::map<std::string, std::int64_t> command_counts(redis::Connection& connection);
std::int64_t total(const std::map<std::string, std::int64_t>& counts);

/// How often Redis has read from its clients: at least once for each round trip.
std::int64_t reads_of_redis(redis::Connection& connection);

}  // namespace rqpp::test
