#pragma once

#include <string>

namespace rqpp::base {

/// A random UUID (version 4) as RQ's job ids: 36 characters with dashes. Random bytes come from the
/// system, so ids stay unique across fork.
std::string new_uuid();

/// A random UUID without dashes: RQ's ids of executions and workers, 32 characters.
std::string new_uuid_hex();

}  // namespace rqpp::base
